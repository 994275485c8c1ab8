import HTTPWire
import S3Wire
import Testing

@Suite struct ObjectTagsTests {
    private func read(_ header: String) throws -> [ObjectTags.Tag] {
        try ObjectTags(HTTPFields([("x-amz-tagging", header)])).tags
    }

    private func refusal(_ body: () throws -> Void) -> S3ErrorCode? {
        do {
            try body()
            return nil
        } catch {
            return (error as? S3Error)?.code
        }
    }

    @Test func `the header is pairs as in a query`() throws {
        #expect(try ObjectTags(HTTPFields()).tags.isEmpty)
        #expect(try read("").isEmpty)
        let tags = try read("a=1&b+c=d%2Fe&Z%C3%BC=%40x&empty=&bare")
        #expect(tags.map(\.key) == ["a", "b c", "Zü", "empty", "bare"])
        #expect(tags.map(\.value) == ["1", "d/e", "@x", "", ""])
    }

    @Test func `pairs that can't be read are refused`() throws {
        for header in ["a=%zz", "a=%ff", "a=1&a=2"] {
            #expect(refusal { _ = try read(header) } == .invalidArgument, "\(header)")
        }
    }

    @Test func `limits are exact`() throws {
        func tag(_ key: Int, _ value: Int) -> ObjectTags {
            let text = String(repeating: "ü", count: value)
            return ObjectTags([.init(key: String(repeating: "k", count: key), value: text)])
        }
        try tag(128, 256).validate()
        try tag(1, 0).validate()
        #expect(refusal { try tag(129, 0).validate() } == .invalidTag)
        #expect(refusal { try tag(0, 0).validate() } == .invalidTag)
        #expect(refusal { try tag(1, 257).validate() } == .invalidTag)
        func many(_ count: Int) -> ObjectTags {
            ObjectTags((0..<count).map { .init(key: "k\($0)", value: "") })
        }
        try many(10).validate()
        #expect(refusal { try many(11).validate() } == .badRequest)
    }

    @Test func `keys twice, the system's keys and other characters are refused`() throws {
        for tags in [
            [("a", "1"), ("a", "2")], [("aws:x", "1")], [("AWS:x", "1")], [("a;b", "1")],
            [("a", "<")], [("a\n", "1")], [("a", "\u{0}")],
        ] as [[(String, String)]] {
            let tags = ObjectTags(tags.map { .init(key: $0.0, value: $0.1) })
            #expect(refusal { try tags.validate() } == .invalidTag)
        }
    }

    @Test func `the document comes back as it was written`() throws {
        let tags = ObjectTags([.init(key: "a", value: "<&>"), .init(key: "b", value: "")])
        #expect(try ObjectTags(xml: tags.xml) == tags)
        #expect(try ObjectTags(xml: ObjectTags([]).xml).tags.isEmpty)
        for document in [
            "<Tagging/>", "<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>",
            "<Tagging><TagSet/><TagSet/></Tagging>", "<TagSet/>",
            "<Tagging><TagSet><Tag><Key>a</Key><Value/><X/></Tag></TagSet></Tagging>",
        ] {
            #expect(throws: XMLError.self) { try ObjectTags(xml: Array(document.utf8)) }
        }
    }

    @Test func `the attributes asked for are names in a list`() throws {
        func wanted(_ values: String...) throws -> Set<ObjectAttributesListing.Attribute> {
            let name = "x-amz-object-attributes"
            return try ObjectAttributesListing.wanted(HTTPFields(values.map { (name, $0) }))
        }
        #expect(try wanted("ETag, ObjectSize", "Checksum") == [.entityTag, .objectSize, .checksum])
        #expect(refusal { _ = try wanted() } == .invalidRequest)
        #expect(refusal { _ = try wanted(" ,") } == .invalidArgument)
        #expect(refusal { _ = try wanted("etag") } == .invalidArgument)
    }

    @Test func `a page of parts says whether more follow`() {
        let all = (1...5).map { (number: $0 * 2, size: $0) }
        let page = ObjectAttributesListing.Parts(all, after: 2, countMax: 3)
        #expect(page.parts.map(\.number) == [4, 6, 8])
        #expect(page.isTruncated && page.totalCount == 5)
        #expect(!ObjectAttributesListing.Parts(all, after: 4, countMax: 3).isTruncated)
        var listing = ObjectAttributesListing()
        listing.entityTag = "x-5"
        listing.parts = page
        let text = String(decoding: listing.xml, as: UTF8.self)
        #expect(text.contains("<ETag>x-5</ETag><ObjectParts><PartsCount>5</PartsCount>"))
        #expect(text.contains("<NextPartNumberMarker>8</NextPartNumberMarker>"))
        #expect(text.contains("<Part><PartNumber>4</PartNumber><Size>2</Size></Part>"))
    }
}
