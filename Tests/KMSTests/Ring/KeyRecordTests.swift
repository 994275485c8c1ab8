import Encoding
import Testing

@testable import KMS

struct KeyRecordTests {
    private let bucketKey: BucketKeyRecord
    private let attributeKey: AttributeKeyRecord
    private let bucketKeyHex =
        "01404142434445464748494a4b4c4d4e4f0000000464656d6f0000000764656661756c74"
        + "0000018bcfe568000000000300000004deadbeef"
    private let attributeKeyHex =
        "02a0a1a2a3a4a5a6a7a8a9aaabacadaeaf0000000764656661756c74"
        + "0000018bcfe568000000000300000004deadbeef"

    init() throws {
        let time = Timestamp(milliseconds: 1_700_000_000_000)
        bucketKey = BucketKeyRecord(
            id: try #require(RecordID(0x40...0x4f)),
            bucket: "demo",
            keyID: try KeyID("default"),
            created: time,
            keyVersion: 3,
            wrapped: [0xde, 0xad, 0xbe, 0xef]
        )
        attributeKey = AttributeKeyRecord(
            id: try #require(RecordID(0xa0...0xaf)),
            keyID: try KeyID("default"),
            created: time,
            keyVersion: 3,
            wrapped: [0xde, 0xad, 0xbe, 0xef]
        )
    }

    @Test("writes and reads the vectors byte for byte")
    func vectors() throws {
        #expect(Hex.encode(bucketKey.encode()) == bucketKeyHex)
        #expect(try BucketKeyRecord(decoding: bucketKey.encode()) == bucketKey)
        #expect(bucketKey.name == "bk/demo/404142434445464748494a4b4c4d4e4f")
        #expect(Hex.encode(attributeKey.encode()) == attributeKeyHex)
        #expect(try AttributeKeyRecord(decoding: attributeKey.encode()) == attributeKey)
        #expect(attributeKey.name == "ak/a0a1a2a3a4a5a6a7a8a9aaabacadaeaf")
    }

    @Test("refuses a record cut at any byte")
    func truncated() {
        let bytes = bucketKey.encode()
        for count in bytes.indices {
            #expect(throws: KeyRecordError.truncated) {
                try BucketKeyRecord(decoding: Array(bytes[..<count]))
            }
        }
        let attributes = attributeKey.encode()
        for count in attributes.indices {
            #expect(throws: KeyRecordError.truncated) {
                try AttributeKeyRecord(decoding: Array(attributes[..<count]))
            }
        }
    }

    @Test("refuses the other kind of record")
    func kind() {
        #expect(throws: KeyRecordError.kindInvalid) {
            try BucketKeyRecord(decoding: attributeKey.encode())
        }
        #expect(throws: KeyRecordError.kindInvalid) {
            try AttributeKeyRecord(decoding: bucketKey.encode())
        }
    }

    @Test("refuses a byte behind the record")
    func trailing() {
        #expect(throws: KeyRecordError.trailingBytes) {
            try BucketKeyRecord(decoding: bucketKey.encode() + [0])
        }
    }

    @Test("refuses names that no bucket has", arguments: ["", "a/b", "a b", "é", "a\0"])
    func bucket(name: String) {
        var record = bucketKey
        record.bucket = name
        #expect(throws: KeyRecordError.bucketInvalid) {
            try BucketKeyRecord(decoding: record.encode())
        }
    }

    @Test("refuses a name that no KMS key has")
    func keyID() {
        var bytes = bucketKey.encode()
        bytes[29] = 0x20
        #expect(throws: KeyRecordError.keyIDInvalid) { try BucketKeyRecord(decoding: bytes) }
    }

    @Test("refuses a time that no clock shows")
    func time() {
        var record = bucketKey
        record.created = Timestamp(milliseconds: 1 << 48)
        #expect(throws: KeyRecordError.timeInvalid) {
            try BucketKeyRecord(decoding: record.encode())
        }
    }

    @Test("refuses an empty and an overlong wrapped key", arguments: [0, 8193])
    func wrappedKey(count: Int) {
        var record = bucketKey
        record.wrapped = [UInt8](repeating: 1, count: count)
        #expect(throws: KeyRecordError.wrappedKeyInvalid) {
            try BucketKeyRecord(decoding: record.encode())
        }
    }

    @Test(
        "reads only one spelling of an id",
        arguments: ["", "4041", "404142434445464748494A4B4C4D4E4F"]
    )
    func recordID(hex: String) {
        #expect(RecordID(hex: hex) == nil)
        #expect(RecordID(hex: bucketKey.id.hex) == bucketKey.id)
    }

    @Test("makes ids that hold their time")
    func newID() throws {
        let now = Timestamp(milliseconds: 1_700_000_000_123)
        let id = try RecordID.make(now: now)
        #expect(id.created == now)
        #expect(try id != RecordID.make(now: now))
    }
}
