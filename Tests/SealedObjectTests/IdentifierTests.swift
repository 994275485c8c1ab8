import SealedObject
import Testing

@Suite("Ids and salts")
struct IdentifierTests {
    @Test("have one length, and are new when they are drawn")
    func lengths() throws {
        for count in [0, 15, 17] {
            #expect(throws: SealedObjectError.lengthInvalid) {
                try Identifier([UInt8](repeating: 1, count: count))
            }
        }
        #expect(throws: SealedObjectError.lengthInvalid) { try Salt([1]) }
        #expect(try Identifier.random() != Identifier.random())
        #expect(try Salt.random() != Salt.random())
        #expect(try Salt.random().bytes.count == 24)
        #expect(Identifier.zero.opaqueETag(parts: 3) == String(repeating: "0", count: 32) + "-3")
    }
}
