/// Takes the requests of one HTTP/1.1 connection apart, strictly by RFC 9112.
///
/// Does no I/O and keeps no input: what isn't consumed is given again with more behind it, and
/// isn't looked at twice. Once it has failed, it fails with the same error for ever.
public struct HTTP1RequestParser: Sendable {
    /// What a step yields.
    public typealias Step = HTTP1Step<HTTPRequestHead>

    private enum State: Sendable {
        case requestLine
        case fields(HTTP1RequestLine)
        case body(HTTP1BodyReader)
    }

    private let limits: HTTPLimits
    private var state = State.requestLine
    private var scanner = HTTP1LineScanner()
    private var section: HTTP1FieldSection
    private var headBytes = 0
    private var failure: HTTP1Error?

    /// Whether the connection may be used again after the last request whose head came: it was
    /// HTTP/1.1 and didn't ask for `close`.
    public private(set) var keepsAlive = true

    /// A parser at the start of a connection.
    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        section = HTTP1FieldSection(fieldsMax: limits.fieldsMax, orThrow: .fieldsTooMany)
    }

    /// Whether nothing of a further request has come.
    public var isIdle: Bool {
        guard case .requestLine = state else { return false }
        return scanner.scanned == 0 && headBytes == 0
    }

    /// Takes the next step.
    ///
    /// - Parameters:
    ///   - input: the bytes not consumed so far, with what came since behind them.
    ///   - bodyBytesMax: the most bytes of body to yield; with 0 none, and `.needMore` instead.
    /// - Returns: the event and the bytes done with; after an event the next step may yield
    ///   another one even without further input.
    /// - Throws: what the peer did wrong; the connection can't be used any more.
    public mutating func next(
        _ input: Span<UInt8>,
        bodyBytesMax: Int = .max
    ) throws(HTTP1Error) -> Step {
        if let failure { throw failure }
        do throws(HTTP1Error) {
            return try advance(input, bodyBytesMax)
        } catch {
            failure = error
            throw error
        }
    }

    /// Tells that the connection ended.
    ///
    /// - Throws: `.connectionEnded` within a request, or the error that it failed with before.
    public mutating func finish() throws(HTTP1Error) {
        if let failure { throw failure }
        guard !isIdle else { return }
        failure = .connectionEnded
        throw .connectionEnded
    }

    private mutating func advance(
        _ input: Span<UInt8>,
        _ bodyBytesMax: Int
    ) throws(HTTP1Error) -> Step {
        var position = 0
        while true {
            switch state {
            case .requestLine:
                guard try requestLine(input, &position) else {
                    return Step(consumed: position, event: .needMore)
                }
            case .fields(let line):
                guard let head = try fields(input, &position, of: line) else {
                    return Step(consumed: position, event: .needMore)
                }
                return Step(consumed: position, event: .head(head))
            case .body(var reader):
                let event = try reader.next(input, position: &position, bodyBytesMax: bodyBytesMax)
                switch event {
                case .needMore:
                    state = .body(reader)
                    return Step(consumed: position, event: .needMore)
                case .body(let range):
                    state = .body(reader)
                    return Step(consumed: position, event: .body(range))
                case .end(let trailers):
                    state = .requestLine
                    return Step(consumed: position, event: .end(trailers: trailers))
                }
            }
        }
    }

    private mutating func requestLine(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(HTTP1Error) -> Bool {
        while true {
            let line = try scanner.line(
                in: input,
                from: position,
                bytesMax: min(limits.targetBytesMax + HTTP1RequestLine.otherBytesMax, headLeft),
                orThrow: .targetTooLong
            )
            guard let line else { return false }
            // RFC 9112 section 2.2: one empty line before a request is forgiven.
            if line.isEmpty, headBytes == 0 {
                headBytes = 2
                position = line.upperBound + 2
                continue
            }
            let parsed = try HTTP1RequestLine(input.extracting(line), limits: limits)
            headBytes += line.count + 2
            position = line.upperBound + 2
            state = .fields(parsed)
            return true
        }
    }

    private mutating func fields(
        _ input: Span<UInt8>,
        _ position: inout Int,
        of requestLine: HTTP1RequestLine
    ) throws(HTTP1Error) -> HTTPRequestHead? {
        while true {
            let line = try scanner.line(
                in: input,
                from: position,
                bytesMax: headLeft,
                orThrow: .headTooLarge
            )
            guard let line else { return nil }
            headBytes += line.count + 2
            position = line.upperBound + 2
            if line.isEmpty { break }
            try section.append(input.extracting(line))
        }
        let fields = section.fields
        section = HTTP1FieldSection(fieldsMax: limits.fieldsMax, orThrow: .fieldsTooMany)
        headBytes = 0
        let head = HTTPRequestHead(
            method: requestLine.method,
            target: requestLine.target,
            authority: try requestLine.authority(agreeingWith: fields),
            version: requestLine.version,
            fields: fields,
            bodyLength: try fields.bodyLength(in: requestLine.version) ?? .known(0)
        )
        keepsAlive = head.version == .http1_1 && !fields.asksForClose
        state = .body(HTTP1BodyReader(head.bodyLength, limits: limits))
        return head
    }

    private var headLeft: Int { limits.headBytesMax - headBytes }
}
