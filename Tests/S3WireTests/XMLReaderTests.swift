import S3Wire
import TestSupport
import Testing

@Suite struct XMLReaderTests {
    /// Reads `<r>` with children of text.
    private func children(_ xml: String) throws(XMLError) -> [String] {
        var reader = try XMLReader(Array(xml.utf8))
        var found: [String] = []
        try reader.root("r")
        while let name = try reader.child() { found.append(name + "=" + (try reader.text())) }
        try reader.finish()
        return found
    }

    @Test(
        "reads what S3 needs of XML",
        arguments: [
            ("<r/>", []),
            ("\u{feff}<?xml version=\"1.0\"?><!-- c --><r></r>\n<!-- d -->", []),
            ("<r xmlns=\"u\" a='<'/>".replacing("<'", with: ">'"), []),
            ("<r><a>1</a><b/></r>", ["a=1", "b="]),
            ("<n:r xmlns:n='u'><n:a >x</n:a ></n:r>", ["a=x"]),
            ("<r><a>&lt;&gt;&amp;&quot;&apos;</a></r>", ["a=<>&\"'"]),
            ("<r><a>&#65;&#x42;&#x1F600;&#1;</a></r>", ["a=AB😀\u{1}"]),
            ("<r><a>x\r\ny\rz</a></r>", ["a=x\ny\nz"]),
            ("<r><a>x<![CDATA[<&>]]>y<!-- - -->z</a></r>", ["a=x<&>yz"]),
            ("<r>\n <a> x </a>\t</r>", ["a= x "]),
        ] as [(String, [String])]
    )
    func documents(xml: String, expected: [String]) throws {
        #expect(try children(xml) == expected)
    }

    @Test(
        "refuses each malformation by its own name",
        arguments: [
            ("", .endUnexpected), ("<r>", .endUnexpected), ("<r><a>x", .endUnexpected),
            ("<r><a>x</a></r", .endUnexpected), ("<r><!-- ", .endUnexpected),
            ("<!DOCTYPE r []><r/>", .doctypeRefused), ("<r><!ELEMENT></r>", .markupInvalid),
            ("<r><a>&nbsp;</a></r>", .entityUnknown), ("<r><a>&amp</a></r>", .entityUnknown),
            ("<r><a>&#;</a></r>", .referenceInvalid), ("<r><a>&#0;</a></r>", .referenceInvalid),
            ("<r><a>&#xD800;</a></r>", .referenceInvalid),
            ("<r><a>&#x110000;</a></r>", .referenceInvalid),
            ("<r><a>&#99999999999999;</a></r>", .referenceInvalid),
            ("<r><a>&#x;</a></r>", .referenceInvalid), ("<r><a>&#+1;</a></r>", .referenceInvalid),
            ("<r><a>x\0</a></r>", .characterInvalid),
            ("<r><a>&amp;\0</a></r>", .characterInvalid),
            ("<r><a><![CDATA[\0]]></a></r>", .characterInvalid),
            ("<r><a>x</b></r>", .tagMismatched), ("</r>", .tagMismatched),
            ("<r><1/></r>", .nameInvalid), ("<r>< a/></r>", .nameInvalid),
            ("<r a/>", .attributeInvalid), ("<r a=b/>", .attributeInvalid),
            ("<r a='<'/>", .attributeInvalid), ("<r a='1'b='2'/>", .attributeInvalid),
            ("<r>x</r>", .textUnexpected), ("x<r/>", .textUnexpected),
            ("<r><![CDATA[x]]></r>", .textUnexpected),
            ("<r/>x", .trailingContent), ("<r/><r/>", .trailingContent),
            ("<s/>", .elementUnexpected("s")), ("<r><a><b/></a></r>", .elementUnexpected("b")),
            ("<r></r  x>", .markupInvalid),
        ] as [(String, XMLError)]
    )
    func refusals(xml: String, error: XMLError) {
        #expect(throws: error) { try children(xml) }
    }

    @Test("refuses bytes that aren't UTF-8")
    func utf8() throws {
        var reader = try XMLReader(Array("<r>".utf8) + [0xff] + Array("</r>".utf8))
        try reader.root("r")
        #expect(throws: XMLError.utf8Invalid) { try reader.text() }
    }

    @Test("refuses documents that are too large or too deep")
    func limits() throws {
        #expect(throws: XMLError.tooLarge) {
            try XMLReader(Array("<r/>".utf8), limits: .init(bytesMax: 3))
        }
        #expect(XMLError.tooLarge.response.code == .maxMessageLengthExceeded)
        #expect(XMLError.tooDeep.response.code == .malformedXML)
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                (String(repeating: "<r>", count: depth) + String(repeating: "</r>", count: depth))
                    .utf8
            )
        }
        var reader = try XMLReader(nested(16))
        try reader.root("r")
        try reader.skip()
        try reader.finish()
        var deep = try XMLReader(nested(17))
        try deep.root("r")
        #expect(throws: XMLError.tooDeep) { try deep.skip() }
    }

    @Test("skips an element with all it holds")
    func skips() throws {
        let xml = "<r><a x='1'>t<b/><![CDATA[</a>]]><!-- </a> --><c>&amp;</c></a><d>1</d></r>"
        var reader = try XMLReader(Array(xml.utf8))
        try reader.root("r")
        #expect(try reader.child() == "a")
        try reader.skip()
        #expect(try reader.child() == "d")
        #expect(try reader.text() == "1")
        #expect(try reader.child() == nil)
        try reader.finish()
    }

    @Test("calls out of order are refused")
    func order() throws {
        var reader = try XMLReader(Array("<r/>".utf8))
        #expect(throws: XMLError.endUnexpected) { try reader.child() }
        #expect(throws: XMLError.endUnexpected) { try reader.text() }
        #expect(throws: XMLError.endUnexpected) { try reader.skip() }
        try reader.root("r")
        #expect(throws: XMLError.endUnexpected) { try reader.finish() }
    }

    @Test("mutated documents never trap")
    func mutations() {
        var random = SplitMix64(seed: 5)
        let samples = [
            ObjectListing(
                bucket: "b",
                encodesKeys: true,
                entries: [
                    .init(key: "a b", lastModified: .init(milliseconds: 0), entityTag: "t", size: 1)
                ],
                commonPrefixes: ["é/"]
            ).xml,
            CompletionRequest(parts: [.init(partNumber: 1, entityTag: "x")], table: [1, 2]).xml,
            DeletionRequest(objects: [.init(key: "\u{1}")], isQuiet: true).xml,
            Array("<r a='b'><!-- c --><![CDATA[d]]>&#x41;<e/></r>".utf8),
        ]
        let junk = Array("<>&;#x/!-[]'\"= ?:\r\n".utf8)
        for round in 0..<4000 {
            var xml = samples[round % samples.count]
            for _ in 0...(random.next() % 4) where !xml.isEmpty {
                let index = Int(random.next() % UInt64(xml.count))
                switch random.next() % 4 {
                case 0: xml[index] = UInt8(truncatingIfNeeded: random.next())
                case 1: xml[index] = junk[Int(random.next() % UInt64(junk.count))]
                case 2: xml.remove(at: index)
                default: xml.removeSubrange(index...)
                }
            }
            _ = try? ObjectListing(xml: xml)
            _ = try? CompletionRequest(xml: xml)
            _ = try? DeletionRequest(xml: xml)
            if var reader = try? XMLReader(xml), (try? reader.root()) != nil {
                try? reader.skip()
                try? reader.finish()
            }
        }
    }
}
