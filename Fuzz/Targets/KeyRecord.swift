import Encoding
import KMS

/// Records of bucket and attribute keys, names of keys, and encryption contexts.
@Sendable
func fuzzKeyRecord(_ input: inout FuzzInput) {
    let choice = input.byte()
    let bytes = input.rest()
    switch choice % 4 {
    case 0:
        guard let record = try? BucketKeyRecord(decoding: bytes) else { return }
        precondition(record.encode() == bytes, "two spellings of one record")
        precondition(record.name.utf8.allSatisfy { (0x21...0x7e).contains($0) })
    case 1:
        guard let record = try? AttributeKeyRecord(decoding: bytes) else { return }
        precondition(record.encode() == bytes, "two spellings of one record")
    case 2:
        let text = String(decoding: bytes, as: UTF8.self)
        _ = try? KeyID(text)
        guard let id = RecordID(hex: text) else { return }
        precondition(id.hex == text, "two spellings of one id")
    default:
        guard let context = try? EncryptionContext(json: bytes) else { return }
        precondition((try? EncryptionContext(context.pairs)) == context, "pairs are lost")
        precondition((try? EncryptionContext(json: context.canonical)) == context)
    }
}
