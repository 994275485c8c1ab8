import HTTPWire
import TestSupport
import Testing

@Suite struct HTTP1RequestParserTests {
    @Test("takes a request without body")
    func plainRequest() throws {
        let findings = parseRequests(
            "GET /a%20b?x=1 HTTP/1.1\r\nHost: s3.test:9000\r\nX-A:\t v 1 \r\nX-A:\r\n\r\n"
        )
        #expect(findings.error == nil)
        let message = try #require(findings.messages.first)
        #expect(message.head.method == .get)
        #expect(message.head.target == "/a%20b?x=1")
        #expect(message.head.authority == "s3.test:9000")
        #expect(message.head.version == .http1_1)
        #expect(message.head.bodyLength == .known(0))
        #expect(message.head.fields.values(of: "x-a") == ["v 1", ""])
        #expect(message.trailers == HTTPFields())
        #expect(message.keepsAlive)
    }

    @Test("takes pipelined requests with bodies of both framings, however they are cut")
    func pipelinedRequests() {
        let text =
            "PUT /a HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nhello"
            + "PUT /b HTTP/1.1\r\nhost: h\r\ntransfer-encoding: Chunked\r\n\r\n"
            + "3;x=\"y\"\r\nabc\r\n0A\r\n0123456789\r\n000\r\nx-sum: 1\r\nx-sum: 2\r\n\r\n"
            + "\r\nDELETE /c HTTP/1.1\r\nhost: h\r\nconnection: keep-alive , Close\r\n\r\n"
        let findings = parseRequests(text)
        #expect(findings.error == nil)
        #expect(findings.messages.map(\.body.count) == [5, 13, 0])
        #expect(findings.messages.map(\.keepsAlive) == [true, true, false])
        #expect(findings.messages[1].trailers?.values(of: "x-sum") == ["1", "2"])
        #expect(findings.messages[1].head.bodyLength == .unknown)
        #expect(verifyFraming(Array(text.utf8)) { parseRequests($0) }.isEmpty)
    }

    @Test(
        "takes absolute targets in their origin form",
        arguments: [
            ("GET http://h/a?b", "/a?b"), ("GET HTTPS://h", "/"), ("GET http://H?q", "/?q"),
            ("OPTIONS http://h", "*"), ("OPTIONS *", "*"),
        ]
    )
    func absoluteTargets(line: String, target: String) {
        let findings = parseRequests("\(line) HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(findings.error == nil)
        #expect(findings.messages.first?.head.target == target)
        #expect(findings.messages.first?.head.authority == "h")
    }

    @Test("takes HTTP/1.0, without host, for the last request of its connection")
    func http1_0() {
        let findings = parseRequests("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n")
        #expect(findings.error == nil)
        #expect(findings.messages.first?.head.version == .http1_0)
        #expect(findings.messages.first?.keepsAlive == false)
    }

    @Test("yields no more of a body than it may")
    func bodyBytesMax() throws {
        var parser = HTTP1RequestParser()
        let input = Array("PUT / HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\n012345678".utf8)
        let head = try parser.next(input.span)
        let body = Array(input.dropFirst(head.consumed))
        let nothing = try parser.next(body.span, bodyBytesMax: 0)
        #expect(nothing.event == .needMore)
        let front = try parser.next(body.span, bodyBytesMax: 4)
        #expect(front.event == .body(0..<4))
        let rest = Array(body.dropFirst(4))
        let back = try parser.next(rest.span, bodyBytesMax: 5)
        #expect(back.event == .body(0..<5))
        let empty: [UInt8] = []
        let end = try parser.next(empty.span, bodyBytesMax: 0)
        #expect(end.event == .end(trailers: HTTPFields()))
        #expect(parser.isIdle)
    }

    @Test("stays failed with the same error")
    func staysFailed() {
        var parser = HTTP1RequestParser()
        func error(_ text: String) -> HTTP1Error? {
            let input = Array(text.utf8)
            do throws(HTTP1Error) {
                _ = try parser.next(input.span)
                return nil
            } catch {
                return error
            }
        }
        #expect(error("GET / HTTP/3.0\r\n") == .versionUnsupported)
        #expect(error("GET / HTTP/1.1\r\nhost: h\r\n\r\n") == .versionUnsupported)
        #expect(throws: HTTP1Error.versionUnsupported) { try parser.finish() }
    }

    @Test("looks at each byte of a trickling head once")
    func tricklingHead() throws {
        // Quadratic work over 60,000 single bytes would take minutes, not a moment.
        var parser = HTTP1RequestParser()
        var input = Array("GET / HTTP/1.1\r\nhost: h\r\n".utf8)
        let line = try parser.next(input.span)
        input.removeFirst(line.consumed)
        input += Array("x: ".utf8)
        for _ in 0..<60_000 {
            input.append(UInt8(ascii: "v"))
            let step = try parser.next(input.span)
            guard step.event == .needMore else { return #expect(step.event == .needMore) }
        }
    }

    @Test("finds line ends at any place of an eight-byte word")
    func lineEnds() {
        for count in 0..<40 {
            let value = String(repeating: "v", count: count)
            let findings = parseRequests("GET / HTTP/1.1\r\nhost: h\r\nx: \(value)\r\n\r\n")
            #expect(findings.messages.first?.head.fields["x"] == value)
        }
    }

    @Test("has a harness that notices what depends on the cuts")
    func harness() {
        let input = Array("GET / HTTP/1.1".utf8)
        #expect(verifyFraming(input) { $0.count }.count == input.count)
    }
}
