import Encoding
import HTTPWire
import TestSupport
import Testing

@testable import SigV4

@Suite("The canonical request")
struct CanonicalRequestTests {
    private func lines(
        _ target: String,
        fields: [(String, String)] = [("Host", "h")],
        signed: String = "host"
    ) throws -> [String] {
        var canonical = CanonicalRequest()
        let head = HTTPRequestHead(
            method: .get,
            target: target,
            authority: "h",
            fields: HTTPFields(fields)
        )
        let bytes = try canonical.bytes(
            head,
            signedHeaders: Array(signed.utf8)[...],
            payload: Array("UNSIGNED-PAYLOAD".utf8)
        )
        return String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test("is six parts, a line each")
    func parts() throws {
        let lines = try lines(
            "/b/k?b=1&a",
            fields: [("Range", " bytes=0-9 "), ("Host", "h")],
            signed: "host;range"
        )
        #expect(
            lines == [
                "GET", "/b/k", "a=&b=1", "host:h", "range:bytes=0-9", "", "host;range",
                "UNSIGNED-PAYLOAD",
            ]
        )
    }

    @Test(
        "the path is encoded anew and not normalised",
        arguments: [
            ("", "/"), ("/", "/"), ("//", "//"), ("/a/../b/./c", "/a/../b/./c"),
            ("/a b", "/a%20b"), ("/a%20b", "/a%20b"), ("/a+b", "/a%2Bb"), ("/a%2bb", "/a%2Bb"),
            ("/%7e~", "/~~"), ("/%41", "/A"), ("/a%2Fb", "/a/b"), ("/a%252Fb", "/a%252Fb"),
            ("/%E6%97%a5", "/%E6%97%A5"), ("/日", "/%E6%97%A5"), ("/%00", "/%00"),
        ]
    )
    func path(_ target: String, _ expected: String) throws {
        #expect(try lines(target)[1] == expected)
    }

    @Test(
        "the query is encoded anew and sorted by name, then value",
        arguments: [
            ("?", ""), ("?uploads", "uploads="), ("?uploads=", "uploads="), ("?&&a&", "a="),
            ("?b=2&a=2&a=1", "a=1&a=2&b=2"), ("?a=1&a-b=2", "a=1&a-b=2"),
            ("?a-b=2&a=1", "a=1&a-b=2"),
            ("?a%3Db=1&a=2", "a=2&a%3Db=1"), ("?a=b=c", "a=b%3Dc"), ("?a=b+c", "a=b%2Bc"),
            ("?a=/", "a=%2F"), ("?a=?", "a=%3F"), ("?=1", "=1"), ("?a&A&_&0", "0=&A=&_=&a="),
            ("?X-Amz-Signature=1&b", "b="), ("?X-Amz-Signatur%65=1", ""),
            ("?b=%2F&X-Amz-Signature=%2f&a=1", "a=1&b=%2F"), ("?X-Amz-Signature", ""),
        ]
    )
    func query(_ query: String, _ expected: String) throws {
        #expect(try lines("/" + query)[2] == expected)
    }

    /// Decoded a byte at a time and encoded a byte at a time; `nil` for what isn't well-formed.
    private static func reference(_ text: [UInt8], keepingSlash: Bool) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = text[...]
        while var byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                let digits = rest.prefix(2)
                guard digits.count == 2, digits.allSatisfy({ $0 < 0x80 }),
                    let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16),
                    digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-")
                else { return nil }
                byte = value
                rest = rest.dropFirst(2)
            }
            if PercentEncoding.isUnreserved(byte) || (keepingSlash && byte == UInt8(ascii: "/")) {
                result.append(byte)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += Array((digits.utf8.count == 1 ? "%0" : "%").utf8) + Array(digits.utf8)
            }
        }
        return result
    }

    @Test("any text is spelled as byte by byte, and what is spelled so is taken as it is")
    func spelling() throws {
        var random = SplitMix64(seed: 7)
        let pieces = [
            "a", "Z", "0", "-", "~", "/", "%", "%2F", "%2f", "%41", "%25", "%7E", "%zz", "+", "=",
            "é", "abcdefgh", "%C3%A9", "%c3", " ",
        ].map { Array($0.utf8) }
        for _ in 0..<20_000 {
            let count = Int(random.next() % 9)
            let text = (0..<count).flatMap { _ in pieces[Int(random.next() % UInt64(pieces.count))]
            }
            for keepingSlash in [false, true] {
                var output = Array("before".utf8)
                let expected = Self.reference(text, keepingSlash: keepingSlash)
                guard let expected else {
                    #expect(throws: SigV4Error.targetMalformed) {
                        try CanonicalEncoding.append(
                            text.span,
                            keepingSlash: keepingSlash,
                            to: &output
                        )
                    }
                    continue
                }
                try CanonicalEncoding.append(text.span, keepingSlash: keepingSlash, to: &output)
                #expect(output == Array("before".utf8) + expected)
                guard !keepingSlash else { continue }
                #expect(CanonicalEncoding.isCanonical(text.span) == (text == expected))
                let isTaken = CanonicalEncoding.isCanonical(expected.span)
                #expect(isTaken)
            }
        }
    }

    @Test("any query is its parameters, encoded anew and sorted, without the signature")
    func randomQueries() throws {
        var random = SplitMix64(seed: 8)
        let pieces = [
            "a", "a", "b", "=", "=", "&", "&", "X-Amz-Signature", "X-Amz-Signature=5", "~", "%2F",
            "%2f", "%41", "+", "é",
        ].map { Array($0.utf8) }
        var canonical = CanonicalQuery()
        for _ in 0..<20_000 {
            let count = Int(random.next() % 12)
            let query = (0..<count).flatMap { _ in
                pieces[Int(random.next() % UInt64(pieces.count))]
            }
            var text = Array("before".utf8)
            try canonical.append(query.span, to: &text)
            #expect(text == Array("before".utf8) + Self.reference(query: query))
        }
    }

    private static func reference(query: [UInt8]) -> [UInt8] {
        let pairs = query.split(separator: UInt8(ascii: "&")).map { parameter in
            let nameEnd = parameter.firstIndex(of: UInt8(ascii: "=")) ?? parameter.endIndex
            return [parameter[..<nameEnd], parameter[nameEnd...].dropFirst()].map {
                reference(Array($0), keepingSlash: false) ?? []
            }
        }
        return Array(
            pairs.filter { $0[0] != Array("X-Amz-Signature".utf8) }
                .sorted {
                    $0[0] == $1[0]
                        ? $0[1].lexicographicallyPrecedes($1[1])
                        : $0[0].lexicographicallyPrecedes($1[0])
                }
                .map { $0[0] + Array("=".utf8) + $0[1] }.joined(separator: Array("&".utf8))
        )
    }

    @Test("headers are trimmed, blanks collapsed, repeated ones joined in their order")
    func headers() throws {
        let lines = try lines(
            "/",
            fields: [
                ("X-A", "  b \t  c  "), ("Host", "h"), ("x-a", ""), ("X-A", "\"d   e\""),
                ("x-b", "   "),
            ],
            signed: "host;x-a;x-b"
        )
        #expect(lines[4] == "x-a:b c,,\"d e\"")
        #expect(lines[5] == "x-b:")
    }

    @Test("refuses a signed header that isn't there")
    func missing() throws {
        let error = failure { () throws(SigV4Error) in
            var canonical = CanonicalRequest()
            let head = HTTPRequestHead(method: .get, target: "/", authority: "h")
            _ = try canonical.digest(
                head,
                signedHeaders: Array("host;x-a".utf8)[...],
                payload: []
            )
        }
        #expect(error == .signedHeaderMissing("x-a"))
    }
}
