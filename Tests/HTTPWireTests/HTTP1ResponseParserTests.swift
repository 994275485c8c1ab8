import HTTPWire
import TestSupport
import Testing

@Suite struct HTTP1ResponseParserTests {
    @Test("takes kept responses one after the other, however they are cut")
    func keptResponses() {
        let text =
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\r\nlink: x\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
            + "HTTP/1.1 206 \r\nTransfer-Encoding: chunked\r\n\r\n1\r\nc\r\n0\r\nx: y\r\n\r\n"
            + "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
            + "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"
            + "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"
        let methods: [HTTPMethod] = [.get, .get, .head, .get, .delete]
        let findings = parseResponses(text, methods: methods)
        #expect(findings.error == nil)
        #expect(findings.messages.map(\.head.status) == [200, 206, 200, 304, 204])
        #expect(findings.messages.map(\.body.count) == [2, 1, 0, 0, 0])
        #expect(findings.messages[1].trailers?["x"] == "y")
        #expect(findings.messages.allSatisfy { $0.trailers != nil && $0.keepsAlive })
        #expect(verifyFraming(Array(text.utf8)) { parseResponses($0, methods: methods) }.isEmpty)
    }

    @Test("lets the connection's end end a body without length")
    func untilEnd() {
        let findings = parseResponses("HTTP/1.1 200 OK\r\n\r\nabc")
        #expect(findings.error == nil)
        #expect(findings.messages.first?.body == Array("abc".utf8))
        #expect(findings.messages.first?.trailers == HTTPFields())
        #expect(findings.messages.first?.keepsAlive == false)
    }

    @Test("keeps no connection whose server asks to close it, or speaks HTTP/1.0")
    func closing() {
        let close = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        #expect(parseResponses(close).messages.first?.keepsAlive == false)
        let old = "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"
        #expect(parseResponses(old).messages.first?.keepsAlive == false)
    }

    @Test(
        "refuses broken responses",
        arguments: [
            ("HTTP/1.1 99 x\r\n\r\n", HTTP1Error.statusLineInvalid),
            ("HTTP/1.1 600 x\r\n\r\n", .statusLineInvalid),
            ("HTTP/1.1 2000 x\r\n\r\n", .statusLineInvalid),
            ("HTTP/1.1 +20 x\r\n\r\n", .statusLineInvalid),
            ("HTTP/1.1  200 x\r\n\r\n", .statusLineInvalid),
            ("ICY 200 OK\r\n\r\n", .statusLineInvalid),
            ("HTTP/1.1 200 a\rb\r\n\r\n", .statusLineInvalid),
            ("HTTP/2.0 200 OK\r\n\r\n", .versionUnsupported),
            ("HTTP/1.1 200 OK\n\r\n", .bareLineFeed),
            ("HTTP/1.1 101 Switching\r\n\r\n", .upgradeUnexpected),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                .contentLengthWithTransferEncoding
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                .contentLengthConflict
            ),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .transferEncodingUnsupported),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP1_0),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", .connectionEnded),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab", .responseUnexpected),
            ("", .connectionEnded),
        ]
    )
    func brokenResponses(text: String, error: HTTP1Error) {
        #expect(parseResponses(text).error == error)
    }

    @Test("bounds interim responses")
    func interimResponses() {
        let interim = String(repeating: "HTTP/1.1 102 Processing\r\n\r\n", count: 17)
        #expect(parseResponses(interim).error == .interimResponsesTooMany)
    }

    @Test("refuses what was never asked for")
    func unasked() {
        let input = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)
        #expect(parseResponses([input], methods: []).error == .responseUnexpected)
    }

    @Test("knows whether anything of the response came")
    func begun() throws {
        var parser = HTTP1ResponseParser()
        parser.expect(responseTo: .get)
        let nothing: [UInt8] = []
        _ = try parser.next(nothing.span)
        #expect(!parser.hasBegun)
        let one = Array("H".utf8)
        _ = try parser.next(one.span)
        #expect(parser.hasBegun)
    }
}
