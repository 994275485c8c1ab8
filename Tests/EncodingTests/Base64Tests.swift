import Encoding
import TestSupport
import Testing

@Suite struct Base64Tests {
    // RFC 4648 section 10.
    @Test(
        "spells the RFC's vectors",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ]
    )
    func vectors(plain: String, text: String) {
        #expect(Base64.encode(plain.utf8) == text)
        #expect(Base64.decode(text) == Array(plain.utf8))
        let url = String(text.prefix { $0 != "=" })
        #expect(Base64.encode(plain.utf8, as: .url) == url)
        #expect(Base64.decode(url, as: .url) == Array(plain.utf8))
    }

    @Test("each variant has its own two last characters")
    func alphabets() {
        #expect(Base64.encode([0xfb, 0xff]) == "+/8=")
        #expect(Base64.encode([0xfb, 0xff], as: .url) == "-_8")
        #expect(Base64.decode("-_8=") == nil)
        #expect(Base64.decode("+/8", as: .url) == nil)
    }

    @Test(
        "refuses every other spelling",
        arguments: [
            "Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm9v=", "=", "====", "Zg==Zg==", " Zg==",
            "Zg==\n", "Z=g=", "Zm 9v", "Zm9v\u{0}", "Zé==",
        ]
    )
    func refusals(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test("refuses padding and stray bits without padding", arguments: ["Zg==", "Zh", "Z"])
    func urlRefusals(text: String) {
        #expect(Base64.decode(text, as: .url) == nil)
    }

    @Test("reads what it wrote")
    func roundTrips() {
        var random = SplitMix64(seed: 1)
        for count in 0..<200 {
            let bytes = random.bytes(count)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes, as: .url), as: .url) == bytes)
        }
    }

    @Test("no text but the one written decodes to the same bytes")
    func isCanonical() {
        var random = SplitMix64(seed: 2)
        let alphabet = Array("ABCDwxyz0189+/=".utf8)
        for _ in 0..<20_000 {
            let text = (0..<Int(random.next() % 9)).map { _ in
                alphabet[Int(random.next() % UInt64(alphabet.count))]
            }
            guard let bytes = Base64.decode(text) else { continue }
            #expect(Base64.encodeBytes(bytes) == text)
        }
    }
}
