/// Frames the body of one HTTP/1.1 message and holds its sender to the length it announced.
public struct HTTP1BodyWriter: Sendable {
    enum Framing: Equatable, Sendable {
        case none
        case length(left: UInt64)
        case chunked
        case untilEnd
    }

    /// What is to be done with bytes of the body.
    public enum Admission: Equatable, Sendable {
        /// Write them, after what was added to the sink.
        case write
        /// Drop them: the message has no body (HEAD, 204, 304), or they are none.
        case drop
        /// There are more than the length announced: the message can't be mended.
        case overrun
    }

    private var framing: Framing

    init(_ framing: Framing) { self.framing = framing }

    /// Whether only the end of the connection ends the body.
    public var endsWithConnection: Bool { framing == .untilEnd }

    /// Begins a part of the body; `endPart` follows once its bytes were written.
    public mutating func beginPart(
        ofBytes count: Int,
        to sink: inout some HTTP1Sink
    ) -> Admission {
        guard count > 0 else { return .drop }
        switch framing {
        case .none:
            return .drop
        case .length(let left):
            guard UInt64(count) <= left else { return .overrun }
            framing = .length(left: left - UInt64(count))
            return .write
        case .chunked:
            // Chunks can't be of no bytes: that is what ends the body.
            sink.append(text: String(count, radix: 16))
            sink.append(text: "\r\n")
            return .write
        case .untilEnd:
            return .write
        }
    }

    /// Ends a part that was written.
    public func endPart(to sink: inout some HTTP1Sink) {
        if framing == .chunked { sink.append(text: "\r\n") }
    }

    /// Ends the body.
    ///
    /// - Parameters:
    ///   - trailers: go behind the last chunk; dropped with any other framing.
    ///   - sink: what the end is added to.
    /// - Returns: whether the message is whole: `false` where bytes of its length are missing.
    /// - Throws: `.fieldNameInvalid`, `.fieldValueInvalid`; nothing is written then.
    public func end(
        trailers: HTTPFields?,
        to sink: inout some HTTP1Sink
    ) throws(HTTP1Error) -> Bool {
        switch framing {
        case .none, .untilEnd:
            return true
        case .length(let left):
            return left == 0
        case .chunked:
            var lines: [UInt8] = []
            lines.append(text: "0\r\n")
            if let trailers { try trailers.appendTrailers(to: &lines) }
            lines.append(text: "\r\n")
            sink.append(lines.span)
            return true
        }
    }
}
