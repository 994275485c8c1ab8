import Encoding
import SealedObject

/// Envelopes as text and as bytes, and the attributes inside of their boxes.
@Sendable
func fuzzEnvelope(_ input: inout FuzzInput) {
    let choice = input.byte()
    let bytes = input.rest()
    switch choice % 3 {
    case 0:
        guard let envelope = try? Envelope(text: bytes) else { return }
        precondition(Array(envelope.text.utf8) == bytes, "two texts of one envelope")
    case 1:
        guard let envelope = try? Envelope(parsing: bytes) else { return }
        precondition(envelope.bytes == bytes, "two spellings of one envelope")
        _ = (envelope.streamFacts, envelope.commitment, envelope.opaqueETag)
    default:
        guard let attributes = try? ObjectAttributes(parsing: bytes), let key = objectKey(),
            let salt = try? Salt([UInt8](repeating: 1, count: Salt.count)),
            let facts = try? StreamFacts(
                objectID: .zero,
                partNumber: 1,
                plaintextCount: 0,
                salt: salt
            )
        else { return }
        do throws(SealedObjectError) {
            let record = try PartRecord(sealing: facts, attributes: attributes, objectKey: key)
            let opened = try record.open(objectKey: key, objectID: .zero, expectedNumber: 1)
            precondition(opened == attributes, "other attributes when sealed")
        } catch .attributesTooLarge {
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
