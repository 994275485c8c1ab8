import HTTPWire
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
        ]
    )
    func query(_ query: String, _ expected: String) throws {
        #expect(try lines("/" + query)[2] == expected)
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
