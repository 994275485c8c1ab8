import S3Wire
import Testing

@Suite struct XMLFixtureTests {
    @Test("reads completions in the forms that clients send")
    func completions() throws {
        let plain = try CompletionRequest(xml: FixtureFile.bytes("s3-xml/complete-plain.xml"))
        let namespace = try CompletionRequest(
            xml: FixtureFile.bytes("s3-xml/complete-namespace.xml")
        )
        #expect(plain.parts.map(\.partNumber) == [1, 3])
        #expect(plain.parts.map(\.entityTag) == ["abc", "def-1"])
        #expect(namespace.parts.map(\.entityTag) == ["abc", "def-1"])
        #expect(namespace.parts[1].checksums == [ChecksumText(.crc32, "DUoRhQ==")])
    }

    @Test("reads a deletion with prefixes and references")
    func deletion() throws {
        let request = try DeletionRequest(xml: FixtureFile.bytes("s3-xml/delete-quiet.xml"))
        #expect(request.isQuiet)
        #expect(
            request.objects == [.init(key: "a & b"), .init(key: "\u{1}\r", versionID: "v")]
        )
    }

    @Test(
        "refuses",
        arguments: [
            ("doctype", .doctypeRefused), ("external-entity", .entityUnknown),
            ("truncated", .endUnexpected), ("two-roots", .trailingContent),
        ] as [(String, XMLError)]
    )
    func refusals(name: String, error: XMLError) throws {
        let xml = try FixtureFile.bytes("s3-xml/refused-\(name).xml")
        #expect(throws: error) { try DeletionRequest(xml: xml) }
    }
}
