import Crypto
import Encoding
import SealedObject
import Testing

@Suite("A bucket's setting")
struct SealedSettingTests {
    private let document = Array("{\"Statement\":[]}".utf8)
    private let key = Array(UInt8(0x80)..<0xa0)

    private func place(_ bucket: String = "demo", _ kind: String = "policy") -> SealedSetting.Place
    {
        SealedSetting.Place(bucket: bucket, kind: kind)
    }

    private func sealed(_ document: [UInt8]) throws -> SealedSetting {
        try SealedSetting(
            sealing: document,
            of: place(),
            attributeKey: Sample.secret(key),
            attributeKeyID: Identifier(Array(UInt8(0xa0)..<0xb0)),
            salt: Salt(Array(UInt8(0x64)..<0x7c))
        )
    }

    private func open(
        _ bytes: [UInt8],
        of place: SealedSetting.Place,
        key: [UInt8]? = nil
    ) throws -> [UInt8] {
        try SealedSetting(parsing: bytes)
            .open(of: place, attributeKey: Sample.secret(key ?? self.key))
    }

    @Test("is opened as it was sealed, an empty one too")
    func roundTrip() throws {
        for document in [document, [], [UInt8](repeating: 7, count: 20_480)] {
            #expect(try open(try sealed(document).bytes, of: place()) == document)
        }
    }

    @Test("is the example of the format")
    func example() throws {
        #expect(Hex.encode(try sealed(document).bytes) == Vector.settingExample)
    }

    @Test("a fresh salt goes into each")
    func salts() throws {
        let bytes = try (0..<2).map { _ in
            try SealedSetting(
                sealing: document,
                of: place(),
                attributeKey: Sample.secret(key),
                attributeKeyID: .zero
            ).bytes
        }
        #expect(bytes[0] != bytes[1])
    }

    @Test("is refused with any one byte changed, cut or lengthened")
    func everyByte() throws {
        let bytes = try sealed(document).bytes
        for offset in bytes.indices {
            var changed = bytes
            changed[offset] ^= 1
            // The key's id only says where to look for the key; it is authenticated all the same.
            #expect(throws: SealedObjectError.self) { try open(changed, of: place()) }
            #expect(throws: SealedObjectError.self) {
                try open(Array(bytes[..<offset]), of: place())
            }
        }
        #expect(throws: SealedObjectError.self) { try open(bytes + [0], of: place()) }
    }

    @Test("is refused in another bucket, as another kind, at another split of both, by another key")
    func places() throws {
        let bytes = try sealed(document).bytes
        for other in [
            place("demo2"), place("demo", "cors"), place("demop", "olicy"), place("", ""),
        ] {
            #expect(throws: SealedObjectError.settingRefused) { try open(bytes, of: other) }
        }
        #expect(throws: SealedObjectError.settingRefused) {
            try open(bytes, of: place(), key: [UInt8](repeating: 1, count: 32))
        }
    }

    @Test("has a limit, and no other type")
    func limits() throws {
        let large = [UInt8](repeating: 0, count: SealedSetting.documentCountMax + 1)
        #expect(throws: SealedObjectError.settingLengthInvalid) { try sealed(large) }
        var bytes = try sealed(Array(large.dropLast())).bytes
        #expect(try open(bytes, of: place()).count == SealedSetting.documentCountMax)
        bytes.append(0)
        #expect(throws: SealedObjectError.settingLengthInvalid) {
            try SealedSetting(parsing: bytes)
        }
        #expect(throws: SealedObjectError.settingTypeUnknown(2)) {
            try SealedSetting(parsing: [2] + [UInt8](repeating: 0, count: 60))
        }
    }
}
