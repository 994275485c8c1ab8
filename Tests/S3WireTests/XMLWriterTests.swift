import S3Wire
import Testing

@Suite struct XMLWriterTests {
    private func text(_ value: String) -> String {
        var writer = XMLWriter()
        let before = writer.bytes.count
        writer.append(text: value)
        return String(decoding: writer.bytes.dropFirst(before), as: UTF8.self)
    }

    @Test("escapes markup, quotes and what XML can't hold")
    func escapes() {
        #expect(text("plain/key é 漢") == "plain/key é 漢")
        #expect(text("a<b>&\"c\"") == "a&lt;b&gt;&amp;&quot;c&quot;")
        #expect(text("\u{1}\r\u{7f}\u{fffe}\u{ffff}") == "&#x1;&#xd;&#x7f;&#xfffe;&#xffff;")
        #expect(text("\t\n") == "\t\n")
        #expect(text("\u{feff}") == "\u{feff}")
    }

    @Test("escapes wherever in a text it stands, and reads it back")
    func places() throws {
        for special in ["<", ">", "&", "\"", "\u{1}", "\u{7f}", "\u{ffff}", "é", "'", "/"] {
            for count in 0..<20 {
                let plain = String(repeating: "a", count: count)
                let around = plain + special + "bcdefghijk"
                let escaped = plain + text(special) + "bcdefghijk"
                #expect(text(around) == escaped)
                var reader = try XMLReader(Array("<r>\(escaped)</r>".utf8))
                try reader.root("r")
                #expect(try reader.text() == around)
            }
        }
    }

    @Test("every character below U+3000 but NUL comes back from the reader")
    func roundTrip() throws {
        for value in UInt32(1)..<0x3000 {
            let scalar = try #require(Unicode.Scalar(value))
            let text = "a\(Character(scalar))b"
            var writer = XMLWriter()
            writer.element("T", text)
            var reader = try XMLReader(writer.bytes)
            try reader.root("T")
            #expect(Array(try reader.text().utf8) == Array(text.utf8))
        }
    }

    @Test("encodes keys where asked to, and leaves slashes")
    func keys() {
        var writer = XMLWriter()
        writer.element("Key", key: "a b/c&\u{1}", encoded: true)
        #expect(String(decoding: writer.bytes, as: UTF8.self).hasSuffix("<Key>a%20b/c%26%01</Key>"))
    }
}
