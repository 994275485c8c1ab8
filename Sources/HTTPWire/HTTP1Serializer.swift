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
        guard !head.target.isEmpty, head.target.utf8.allSatisfy(HTTPFieldRules.isTargetByte)
        else { throw .targetInvalid }
        guard HTTPFieldRules.isValue(head.authority.utf8.span) else { throw .fieldValueInvalid }
        try head.fields.validate()
        sink.append(text: method)
        sink.append(text: " ")
        sink.append(text: head.target)
        sink.append(text: " HTTP/1.1\r\n")
        if !head.fields.contains("host") {
            sink.append(text: "host: ")
            sink.append(text: head.authority)
            sink.append(text: "\r\n")
        }
        head.fields.appendLines(to: &sink, keepingLength: false)
        let framing: HTTP1BodyWriter.Framing
        switch head.bodyLength {
        case .known(0):
            framing = .none
            if expectsBody(head.method) { sink.append(text: "content-length: 0\r\n") }
        case .known(let count):
            framing = .length(left: count)
            sink.append(text: "content-length: ")
            sink.append(decimal: count)
            sink.append(text: "\r\n")
        case .unknown:
            framing = .chunked
            sink.append(text: "transfer-encoding: chunked\r\n")
        }
        sink.append(text: "\r\n")
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
        sink.append(text: "HTTP/1.1 ")
        sink.append(decimal: UInt64(head.status))
        sink.append(text: " ")
        sink.append(text: HTTPStatus.reason(head.status))
        sink.append(text: "\r\n")
        head.fields.appendLines(to: &sink, keepingLength: head.status != 204)
        var framing = HTTP1BodyWriter.Framing.none
        if isBodiless {
            // Nothing frames a body that can't be there.
        } else if let length {
            framing = .length(left: length)
        } else if end {
            sink.append(text: "content-length: 0\r\n")
        } else if version == .http1_0 {
            framing = .untilEnd
        } else {
            framing = .chunked
            sink.append(text: "transfer-encoding: chunked\r\n")
        }
        sink.append(text: closing ? "connection: close\r\n\r\n" : "\r\n")
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
}

extension HTTPFields {
    /// Refuses names and values that would break out of their lines.
    fileprivate func validate() throws(HTTP1Error) {
        for index in 0..<count {
            guard HTTPFieldRules.isName(nameBytes(at: index).span) else { throw .fieldNameInvalid }
            guard HTTPFieldRules.isValue(valueBytes(at: index).span) else {
                throw .fieldValueInvalid
            }
        }
    }

    /// Writes the lines but for those that frame the message or bear on the connection.
    fileprivate func appendLines(to sink: inout some HTTP1Sink, keepingLength: Bool) {
        for index in 0..<count {
            let name = nameBytes(at: index)
            if isFraming(name, keepingLength: keepingLength) { continue }
            appendLine(index, to: &sink)
        }
    }

    private func isFraming(_ name: ArraySlice<UInt8>, keepingLength: Bool) -> Bool {
        switch name.count {
        case 10: name.elementsEqual("connection".utf8) || name.elementsEqual("keep-alive".utf8)
        case 14: !keepingLength && name.elementsEqual("content-length".utf8)
        case 17: name.elementsEqual("transfer-encoding".utf8)
        default: false
        }
    }

    /// Writes one field's line.
    fileprivate func appendLine(_ index: Int, to sink: inout some HTTP1Sink) {
        sink.append(nameBytes(at: index).span)
        sink.append(text: ": ")
        sink.append(valueBytes(at: index).span)
        sink.append(text: "\r\n")
    }

    /// Writes every line, for trailers.
    func appendTrailers(to sink: inout some HTTP1Sink) throws(HTTP1Error) {
        try validate()
        for index in 0..<count { appendLine(index, to: &sink) }
    }
}
