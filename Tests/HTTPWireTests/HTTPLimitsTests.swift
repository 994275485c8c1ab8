import HTTPWire
import Testing

@Suite struct HTTPLimitsTests {
    private func limits(_ change: (inout HTTPLimits) -> Void) -> HTTPLimits {
        var limits = HTTPLimits()
        change(&limits)
        return limits
    }

    private func request(_ lines: String) -> String {
        "PUT / HTTP/1.1\r\nHost: h\r\n\(lines)\r\n\r\n"
    }

    private func chunked(_ body: String) -> String { request("Transfer-Encoding: chunked") + body }

    @Test("bounds the head's bytes, also while its end hasn't come")
    func headBytes() {
        let small = limits { $0.headBytesMax = 100 }
        let fitting = request("A: " + String(repeating: "b", count: 100 - 32))
        #expect(fitting.utf8.count == 100)
        #expect(parseRequests(fitting, limits: small).error == nil)
        let long = request("A: " + String(repeating: "b", count: 100 - 31))
        #expect(parseRequests(long, limits: small).error == .headTooLarge)
        let endless = "PUT / HTTP/1.1\r\nHost: h\r\nA: " + String(repeating: "b", count: 100)
        #expect(parseRequests(endless, limits: small).error == .headTooLarge)
        #expect(HTTP1Error.headTooLarge.status == 431)
    }

    @Test("bounds the number of fields")
    func fields() {
        let small = limits { $0.fieldsMax = 3 }
        #expect(parseRequests(request("a:\r\nb:"), limits: small).error == nil)
        let error = parseRequests(request("a:\r\nb:\r\nc:"), limits: small).error
        #expect(error == .fieldsTooMany)
        #expect(error?.status == 431)
    }

    @Test("bounds the target, also while its line's end hasn't come")
    func target() {
        let small = limits { $0.targetBytesMax = 10 }
        let fits = "GET /123456789 HTTP/1.1\r\nHost: h\r\n\r\n"
        #expect(parseRequests(fits, limits: small).error == nil)
        let long = "GET /1234567890 HTTP/1.1\r\nHost: h\r\n\r\n"
        #expect(parseRequests(long, limits: small).error == .targetTooLong)
        let endless = "GET /" + String(repeating: "x", count: 1000)
        #expect(parseRequests(endless, limits: small).error == .targetTooLong)
        #expect(HTTP1Error.targetTooLong.status == 414)
    }

    @Test("bounds a chunk's line and all extensions together")
    func chunkLines() {
        let small = limits {
            $0.chunkLineBytesMax = 16
            $0.chunkExtensionBytesMax = 20
        }
        #expect(parseRequests(chunked("0;345678901234\r\n\r\n"), limits: small).error == nil)
        #expect(
            parseRequests(chunked("0;3456789012345\r\n"), limits: small).error == .chunkLineTooLong
        )
        #expect(
            parseRequests(chunked(String(repeating: "0", count: 99)), limits: small).error
                == .chunkLineTooLong
        )
        let chunk = "1;45678901\r\na\r\n"
        #expect(
            parseRequests(chunked(chunk + chunk + chunk), limits: small).error
                == .chunkExtensionsTooLarge
        )
    }

    @Test("bounds the trailers")
    func trailers() {
        let small = limits {
            $0.trailerBytesMax = 20
            $0.trailerFieldsMax = 2
        }
        #expect(parseRequests(chunked("0\r\na: 1\r\nb: 2\r\n\r\n"), limits: small).error == nil)
        #expect(
            parseRequests(chunked("0\r\na:1\r\nb:\r\nc:\r\n\r\n"), limits: small).error
                == .trailersTooMany
        )
        #expect(
            parseRequests(chunked("0\r\na: 12345678901234567890\r\n\r\n"), limits: small).error
                == .trailersTooLarge
        )
    }

    @Test("gives each error its status")
    func statuses() {
        #expect(HTTP1Error.transferEncodingUnsupported.status == 501)
        #expect(HTTP1Error.versionUnsupported.status == 505)
        #expect(HTTP1Error.allCases.allSatisfy { (400...505).contains($0.status) })
    }
}
