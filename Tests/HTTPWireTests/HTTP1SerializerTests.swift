import HTTPWire
import Testing

@Suite struct HTTP1SerializerTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func respond(
        _ head: HTTPResponseHead,
        to method: HTTPMethod = .get,
        version: HTTPVersion = .http1_1,
        end: Bool = false,
        closing: Bool = false,
        body: [String] = [],
        trailers: HTTPFields? = nil
    ) throws -> (text: String, isWhole: Bool) {
        var bytes: [UInt8] = []
        var writer = try HTTP1Serializer.appendHead(
            of: head,
            answering: method,
            version: version,
            end: end,
            closing: closing,
            to: &bytes
        )
        for part in body where writer.beginPart(ofBytes: part.utf8.count, to: &bytes) == .write {
            bytes += part.utf8
            writer.endPart(to: &bytes)
        }
        let isWhole = try writer.end(trailers: trailers, to: &bytes)
        return (text(bytes), isWhole)
    }

    @Test("writes a body of known length as it is")
    func knownLength() throws {
        let head = HTTPResponseHead(
            status: 200,
            fields: HTTPFields([("Content-Length", "5"), ("ETag", "\"x\"")])
        )
        let sent = try respond(head, body: ["he", "", "llo"])
        let expected = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\netag: \"x\"\r\n\r\nhello"
        #expect(sent.text == expected)
        #expect(sent.isWhole)
        #expect(try !respond(head, body: ["hell"]).isWhole)
    }

    @Test("holds the sender to the length")
    func overrun() throws {
        var bytes: [UInt8] = []
        let head = HTTPResponseHead(status: 200, fields: HTTPFields([("content-length", "5")]))
        var writer = try HTTP1Serializer.appendHead(
            of: head,
            answering: .get,
            version: .http1_1,
            end: false,
            closing: false,
            to: &bytes
        )
        #expect(writer.beginPart(ofBytes: 6, to: &bytes) == .overrun)
        #expect(writer.beginPart(ofBytes: 5, to: &bytes) == .write)
        #expect(writer.beginPart(ofBytes: 1, to: &bytes) == .overrun)
    }

    @Test("writes a body of unknown length in chunks with trailers")
    func chunks() throws {
        let sent = try respond(
            HTTPResponseHead(status: 200),
            body: ["hello", "", "0123456789"],
            trailers: HTTPFields([("X-Sum", "1")])
        )
        let expected =
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            + "5\r\nhello\r\na\r\n0123456789\r\n0\r\nx-sum: 1\r\n\r\n"
        #expect(sent.text == expected)
    }

    @Test("lets the connection's end end a body for HTTP/1.0")
    func untilEnd() throws {
        let sent = try respond(
            HTTPResponseHead(status: 200),
            version: .http1_0,
            closing: true,
            body: ["hello"]
        )
        #expect(sent.text == "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello")
    }

    @Test("gives HEAD, 204 and 304 no body")
    func bodiless() throws {
        let length = HTTPFields([("content-length", "5")])
        let head = try respond(.init(status: 200, fields: length), to: .head, body: ["hello"])
        #expect(head.text == "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")
        let none = try respond(.init(status: 204, fields: length), body: ["hello"])
        #expect(none.text == "HTTP/1.1 204 No Content\r\n\r\n")
        let same = try respond(.init(status: 304, fields: length), end: true)
        #expect(same.text == "HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n")
        let empty = try respond(.init(status: 200), end: true)
        #expect(empty.text == "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    }

    @Test("leaves the framing to itself")
    func ownFraming() throws {
        let fields = HTTPFields([
            ("Transfer-Encoding", "gzip"), ("Connection", "x"), ("Keep-Alive", "5"), ("a", "b"),
        ])
        let sent = try respond(.init(status: 200, fields: fields), end: true, closing: true)
        #expect(
            sent.text == "HTTP/1.1 200 OK\r\na: b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
    }

    @Test("writes nothing that would break a message apart")
    func injection() throws {
        var bytes: [UInt8] = []
        func request(_ method: String, _ target: String, _ fields: HTTPFields) throws {
            _ = try HTTP1Serializer.appendHead(
                of: HTTPRequestHead(
                    method: HTTPMethod(method),
                    target: target,
                    authority: "h",
                    fields: fields
                ),
                to: &bytes
            )
        }
        let none = HTTPFields()
        #expect(throws: HTTP1Error.methodInvalid) { try request("G ET", "/", none) }
        #expect(throws: HTTP1Error.targetInvalid) { try request("GET", "/ x", none) }
        #expect(throws: HTTP1Error.targetInvalid) { try request("GET", "", none) }
        #expect(throws: HTTP1Error.fieldValueInvalid) {
            try request("GET", "/", HTTPFields([("a", "b\r\nc: d")]))
        }
        #expect(throws: HTTP1Error.fieldNameInvalid) {
            try request("GET", "/", HTTPFields([("a b", "c")]))
        }
        #expect(throws: HTTP1Error.statusLineInvalid) { try respond(.init(status: 100)) }
        #expect(throws: HTTP1Error.fieldValueInvalid) {
            try respond(.init(status: 200), trailers: HTTPFields([("a", "\n")]))
        }
        #expect(bytes.isEmpty)
    }

    @Test("writes requests with the framing of their body's length")
    func requests() throws {
        func request(_ method: HTTPMethod, _ length: HTTPBodyLength) throws -> String {
            var bytes: [UInt8] = []
            _ = try HTTP1Serializer.appendHead(
                of: HTTPRequestHead(
                    method: method,
                    target: "/k",
                    authority: "h:1",
                    fields: HTTPFields([("content-length", "9"), ("x", "y")]),
                    bodyLength: length
                ),
                to: &bytes
            )
            return text(bytes)
        }
        let front = " /k HTTP/1.1\r\nhost: h:1\r\nx: y\r\n"
        #expect(try request(.get, .known(0)) == "GET" + front + "\r\n")
        #expect(try request(.put, .known(0)) == "PUT" + front + "content-length: 0\r\n\r\n")
        #expect(try request(.put, .known(7)) == "PUT" + front + "content-length: 7\r\n\r\n")
        #expect(
            try request(.put, .unknown) == "PUT" + front + "transfer-encoding: chunked\r\n\r\n"
        )
    }
}
