internal import Encoding

/// Writes HTTP/1.1 heads, RFC 9112; what frames a body is chosen here, never by the caller's
/// fields.
public enum HTTP1Serializer {
    /// Writes a request's head.
    ///
    /// The body goes by `head.bodyLength`: `content-length`, or chunks. `connection`,
    /// `content-length`, `keep-alive` and `transfer-encoding` among the fields are left out, and
    /// `host` is added where it is missing.
    ///
    /// - Returns: what writes the body.
    /// - Throws: `.fieldNameInvalid`, `.fieldValueInvalid`, `.methodInvalid` or `.targetInvalid`
    ///   where a part would break the message's form; nothing is written then.
    public static func appendHead(
        of head: HTTPRequestHead,
        to sink: inout some HTTP1Sink
    ) throws(HTTP1Error) -> HTTP1BodyWriter {
        let method = head.method.name
        guard HTTPFieldRules.isName(method.utf8.span) else { throw .methodInvalid }
        guard HTTPFieldRules.isTarget(head.target.utf8.span) else { throw .targetInvalid }
        guard HTTPFieldRules.isValue(head.authority.utf8.span) else { throw .fieldValueInvalid }
        try head.fields.validate()
        // Gathered first: in a sink of any kind each piece costs a call that nothing can inline.
        var text: [UInt8] = []
        text.reserveCapacity(Self.startBytes + head.target.utf8.count + head.fields.listSize)
        text.append(text: method)
        text.append(text: " ")
        text.append(text: head.target)
        text.append(text: " HTTP/1.1\r\n")
        if !head.fields.contains("host") {
            text.append(text: "host: ")
            text.append(text: head.authority)
            text.append(text: "\r\n")
        }
        head.fields.appendLines(to: &text, keepingLength: false)
        let framing: HTTP1BodyWriter.Framing
        switch head.bodyLength {
        case .known(0):
            framing = .none
            if expectsBody(head.method) { text.append(text: "content-length: 0\r\n") }
        case .known(let count):
            framing = .length(left: count)
            text.append(text: "content-length: ")
            text.append(decimal: count)
            text.append(text: "\r\n")
        case .unknown:
            framing = .chunked
            text.append(text: "transfer-encoding: chunked\r\n")
        }
        text.append(text: "\r\n")
        sink.append(text.span)
        return HTTP1BodyWriter(framing)
    }

    /// Writes a final response's head.
    ///
    /// - Parameters:
    ///   - head: the response; with `content-length` among its fields the body is so long, else it
    ///     goes in chunks, or to HTTP/1.0 until the connection ends. `connection`, `keep-alive`
    ///     and `transfer-encoding` are left out.
    ///   - method: the request's method; HEAD gets no body.
    ///   - version: the request's version.
    ///   - end: whether no body follows; `content-length: 0` is added then where one might.
    ///   - closing: whether the connection is closed after it, which the client is told.
    ///   - sink: what it is added to.
    /// - Returns: what writes the body.
    /// - Throws: `.statusLineInvalid` but for 200...599, `.fieldNameInvalid`,
    ///   `.fieldValueInvalid` or what `contentLength()` throws; nothing is written then.
    public static func appendHead(
        of head: HTTPResponseHead,
        answering method: HTTPMethod,
        version: HTTPVersion,
        end: Bool,
        closing: Bool,
        to sink: inout some HTTP1Sink
    ) throws(HTTP1Error) -> HTTP1BodyWriter {
        guard (200...599).contains(head.status) else { throw .statusLineInvalid }
        try head.fields.validate()
        let length = try head.fields.contentLength()
        let isBodiless = method == .head || head.status == 204 || head.status == 304
        var text: [UInt8] = []
        text.reserveCapacity(Self.startBytes + head.fields.listSize)
        text.append(text: "HTTP/1.1 ")
        text.append(decimal: UInt64(head.status))
        text.append(text: " ")
        text.append(text: HTTPStatus.reason(head.status))
        text.append(text: "\r\n")
        head.fields.appendLines(to: &text, keepingLength: head.status != 204)
        var framing = HTTP1BodyWriter.Framing.none
        if isBodiless {
            // Nothing frames a body that can't be there.
        } else if let length {
            framing = .length(left: length)
        } else if end {
            text.append(text: "content-length: 0\r\n")
        } else if version == .http1_0 {
            framing = .untilEnd
        } else {
            framing = .chunked
            text.append(text: "transfer-encoding: chunked\r\n")
        }
        text.append(text: closing ? "connection: close\r\n\r\n" : "\r\n")
        sink.append(text.span)
        return HTTP1BodyWriter(framing)
    }

    /// Writes `100 Continue`.
    public static func appendContinue(to sink: inout some HTTP1Sink) {
        sink.append(text: "HTTP/1.1 100 Continue\r\n\r\n")
    }

    /// Whether a server may take a request of that method without `Content-Length` for one whose
    /// body is missing, RFC 9110 section 8.6.
    private static func expectsBody(_ method: HTTPMethod) -> Bool {
        switch method {
        case .delete, .get, .head, .options: false
        case .post, .put, .other: true
        }
    }

    /// Room for what isn't a field or a target: the start line and what frames the body.
    private static let startBytes = 128
}

extension HTTPFields {
    /// Refuses names and values that would break out of their lines.
    fileprivate func validate() throws(HTTP1Error) {
        let error = withBytes { bytes -> HTTP1Error? in
            for index in 0..<count {
                let name = bytes.extracting(nameRange(at: index))
                guard HTTPFieldRules.isName(name) else { return .fieldNameInvalid }
                let value = bytes.extracting(valueRange(at: index))
                guard HTTPFieldRules.isValue(value) else { return .fieldValueInvalid }
            }
            return nil
        }
        if let error { throw error }
    }

    /// Writes the lines but for those that frame the message or bear on the connection.
    fileprivate func appendLines(to text: inout [UInt8], keepingLength: Bool) {
        for index in 0..<count {
            if isFraming(index, keepingLength: keepingLength) { continue }
            appendLine(index, to: &text)
        }
    }

    private func isFraming(_ index: Int, keepingLength: Bool) -> Bool {
        switch nameRange(at: index).count {
        case 10: isName("connection", at: index) || isName("keep-alive", at: index)
        case 14: !keepingLength && isName("content-length", at: index)
        case 17: isName("transfer-encoding", at: index)
        default: false
        }
    }

    /// Writes one field's line.
    private func appendLine(_ index: Int, to text: inout [UInt8]) {
        withBytes { bytes in
            text.append(bytes.extracting(nameRange(at: index)))
            text.append(text: ": ")
            text.append(bytes.extracting(valueRange(at: index)))
            text.append(text: "\r\n")
        }
    }

    /// Writes every line, for trailers.
    func appendTrailers(to text: inout [UInt8]) throws(HTTP1Error) {
        try validate()
        for index in 0..<count { appendLine(index, to: &text) }
    }
}
