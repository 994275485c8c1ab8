import HTTPWire
import TestSupport
import Testing

/// A request that must be refused, and why.
struct Refusal: Sendable, CustomTestStringConvertible {
    var request: String
    var error: HTTP1Error

    init(_ request: String, _ error: HTTP1Error) {
        self.request = request
        self.error = error
    }

    /// With these field lines behind a good `Host`.
    static func fields(_ lines: String, _ error: HTTP1Error) -> Refusal {
        Refusal("PUT / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\r\n", error)
    }

    /// With this body behind a chunked head.
    static func chunks(_ body: String, _ error: HTTP1Error) -> Refusal {
        Refusal("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n\(body)", error)
    }

    var testDescription: String { "\(error): \(request.debugDescription)" }
}

@Suite struct HTTP1SmugglingTests {
    static let lines: [Refusal] = [
        Refusal("GET / HTTP/1.1\nHost: h\r\n\r\n", .bareLineFeed),
        Refusal("GET / HTTP/1.1\r\nHost: h\n\r\n", .bareLineFeed),
        Refusal("GET / HTTP/1.1\r\nHost: h\r\n\n", .bareLineFeed),
        Refusal("\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", .bareLineFeed),
        Refusal("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", .methodInvalid),
        Refusal("GET /\rx HTTP/1.1\r\nHost: h\r\n\r\n", .bareCarriageReturn),
        Refusal("GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", .requestLineInvalid),
        Refusal("GET / HTTP/1.1 \r\nHost: h\r\n\r\n", .requestLineInvalid),
        Refusal("GET  / HTTP/1.1\r\nHost: h\r\n\r\n", .requestLineInvalid),
        Refusal("GET / x HTTP/1.1\r\nHost: h\r\n\r\n", .requestLineInvalid),
        Refusal("GET /\r\n\r\n", .requestLineInvalid),
        Refusal("GET / http/1.1\r\nHost: h\r\n\r\n", .requestLineInvalid),
        Refusal("GET / HTTP/1.2\r\nHost: h\r\n\r\n", .versionUnsupported),
        Refusal("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .versionUnsupported),
        Refusal(" GET / HTTP/1.1\r\nHost: h\r\n\r\n", .methodInvalid),
        Refusal("G:T / HTTP/1.1\r\nHost: h\r\n\r\n", .methodInvalid),
        Refusal(String(repeating: "A", count: 33) + " / HTTP/1.1\r\n", .methodInvalid),
        Refusal("GET a HTTP/1.1\r\nHost: h\r\n\r\n", .targetInvalid),
        Refusal("GET /\u{e9} HTTP/1.1\r\nHost: h\r\n\r\n", .targetInvalid),
        Refusal("GET /\tx HTTP/1.1\r\nHost: h\r\n\r\n", .targetInvalid),
        Refusal("GET /#x HTTP/1.1\r\nHost: h\r\n\r\n", .targetInvalid),
        Refusal("GET * HTTP/1.1\r\nHost: h\r\n\r\n", .targetInvalid),
        Refusal("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", .targetInvalid),
        Refusal("GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", .targetInvalid),
        Refusal("GET http:/// HTTP/1.1\r\nHost: h\r\n\r\n", .hostInvalid),
        Refusal("GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", .hostWithUserinfo),
        Refusal("GET http://g/ HTTP/1.1\r\nHost: h\r\n\r\n", .authorityConflict),
        Refusal("GET http://h:80/ HTTP/1.1\r\nHost: h\r\n\r\n", .authorityConflict),
    ]

    static let fields: [Refusal] = [
        Refusal("GET / HTTP/1.1\r\n\r\n", .hostMissing),
        Refusal("GET / HTTP/1.1\r\nHost: h\r\nhost: h\r\n\r\n", .hostRepeated),
        Refusal("GET / HTTP/1.1\r\nHost:\r\n\r\n", .hostInvalid),
        Refusal("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .hostInvalid),
        Refusal("GET / HTTP/1.1\r\nHost: h/x\r\n\r\n", .hostInvalid),
        Refusal("GET / HTTP/1.1\r\nHost: u:p@h\r\n\r\n", .hostWithUserinfo),
        .fields("A : b", .fieldColonSpaced),
        .fields("Transfer-Encoding\t: chunked", .fieldColonSpaced),
        .fields("A: b\r\n c", .fieldFolded),
        .fields("A: b\r\n\tc", .fieldFolded),
        Refusal("GET / HTTP/1.1\r\n Host: h\r\n\r\n", .fieldFolded),
        .fields(": b", .fieldNameInvalid),
        .fields("A", .fieldNameInvalid),
        .fields("A B: c", .fieldNameInvalid),
        .fields("A\u{0}: c", .fieldNameInvalid),
        .fields("\u{b}Transfer-Encoding: chunked", .fieldNameInvalid),
        .fields("A\rB: c", .bareCarriageReturn),
        .fields("A: b\rContent-Length: 1", .bareCarriageReturn),
        .fields("A: b\u{0}", .fieldValueInvalid),
        .fields("A: b\u{7f}", .fieldValueInvalid),
        .fields(
            "Content-Length: 1\r\nTransfer-Encoding: chunked",
            .contentLengthWithTransferEncoding
        ),
        .fields(
            "Transfer-Encoding: chunked\r\nContent-Length: 0",
            .contentLengthWithTransferEncoding
        ),
        .fields("Content-Length: 1\r\nContent-Length: 2", .contentLengthConflict),
        .fields("Content-Length: 1, 1", .contentLengthInvalid),
        .fields("Content-Length:", .contentLengthInvalid),
        .fields("Content-Length: +1", .contentLengthInvalid),
        .fields("Content-Length: -1", .contentLengthInvalid),
        .fields("Content-Length: 0x1", .contentLengthInvalid),
        .fields("Content-Length: 1 2", .contentLengthInvalid),
        .fields("Content-Length: 9223372036854775808", .contentLengthTooLarge),
        .fields("Content-Length: 18446744073709551617", .contentLengthTooLarge),
        .fields("Transfer-Encoding: gzip, chunked", .transferEncodingUnsupported),
        .fields("Transfer-Encoding: chunked, identity", .transferEncodingUnsupported),
        .fields("Transfer-Encoding: xchunked", .transferEncodingUnsupported),
        .fields("Transfer-Encoding: \"chunked\"", .transferEncodingUnsupported),
        .fields("Transfer-Encoding:", .transferEncodingUnsupported),
        .fields(
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            .transferEncodingUnsupported
        ),
        .fields(
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            .transferEncodingUnsupported
        ),
        Refusal("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP1_0),
    ]

    static let chunks: [Refusal] = [
        .chunks("\r\n", .chunkSizeInvalid),
        .chunks("+5\r\nhello\r\n", .chunkSizeInvalid),
        .chunks("-5\r\nhello\r\n", .chunkSizeInvalid),
        .chunks(" 5\r\nhello\r\n", .chunkSizeInvalid),
        .chunks("g\r\n", .chunkSizeInvalid),
        .chunks("0x5\r\nhello\r\n", .chunkExtensionInvalid),
        .chunks("5 \r\nhello\r\n", .chunkExtensionInvalid),
        .chunks("5,\r\nhello\r\n", .chunkExtensionInvalid),
        .chunks("5;a\u{0}\r\nhello\r\n", .chunkExtensionInvalid),
        .chunks("5;a\rb\r\nhello\r\n", .bareCarriageReturn),
        .chunks("5\nhello\r\n", .bareLineFeed),
        .chunks("5;a\n\r\nhello\r\n", .bareLineFeed),
        .chunks("8000000000000000\r\n", .chunkSizeTooLarge),
        .chunks("10000000000000005\r\nhello\r\n", .chunkSizeTooLarge),
        .chunks("5\r\nhelloX\r\n", .chunkEndInvalid),
        .chunks("5\r\nhello\n0\r\n\r\n", .chunkEndInvalid),
        .chunks("5\r\nhello\rX", .chunkEndInvalid),
        .chunks("0\r\nContent-Length: 5\r\n\r\n", .trailerFieldForbidden),
        .chunks("0\r\nHost: g\r\n\r\n", .trailerFieldForbidden),
        .chunks("0\r\nTransfer-Encoding: chunked\r\n\r\n", .trailerFieldForbidden),
        .chunks("0\r\n x\r\n\r\n", .fieldFolded),
        .chunks("0\r\nx: y\n\r\n", .bareLineFeed),
        .chunks("5\r\nhell", .connectionEnded),
        .chunks("5\r\nhello\r\n0\r\n", .connectionEnded),
    ]

    @Test("refuses broken request lines", arguments: lines)
    func requestLines(refusal: Refusal) { expect(refusal) }

    @Test("refuses broken fields and framings", arguments: fields)
    func fieldLines(refusal: Refusal) { expect(refusal) }

    @Test("refuses broken chunks", arguments: chunks)
    func chunkedBodies(refusal: Refusal) { expect(refusal) }

    @Test("refuses a request that the connection's end cuts short")
    func cutShort() {
        #expect(parseRequests("GET / HTT").error == .connectionEnded)
        #expect(parseRequests("GET / HTTP/1.1\r\nHost: h\r\n").error == .connectionEnded)
        #expect(
            parseRequests("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na").error
                == .connectionEnded
        )
    }

    @Test("accepts a length given twice alike")
    func repeatedLength() {
        let text = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab"
        #expect(parseRequests(text).messages.first?.body == Array("ab".utf8))
    }

    private func expect(_ refusal: Refusal) {
        let input = Array(refusal.request.utf8)
        let findings = parseRequests([input])
        #expect(findings.error == refusal.error)
        #expect(findings.messages.allSatisfy { $0.trailers == nil })
        #expect(verifyFraming(input) { parseRequests($0) }.isEmpty)
    }
}
