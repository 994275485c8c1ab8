/// Takes the responses of one HTTP/1.1 connection apart, strictly by RFC 9112.
///
/// Interim (1xx) responses are dropped, but for 101, which nobody asked for. Keeps no input and
/// fails for good, like `HTTP1RequestParser`.
public struct HTTP1ResponseParser: Sendable {
    /// What a step yields.
    public typealias Step = HTTP1Step<HTTPResponseHead>

    private enum State: Sendable {
        case idle
        case statusLine
        case fields(status: Int, version: HTTPVersion)
        case body(HTTP1BodyReader)
    }

    private let limits: HTTPLimits
    private var state = State.idle
    private var scanner = HTTP1LineScanner()
    private var section: HTTP1FieldSection
    private var headBytes = 0
    private var interimResponses = 0
    private var method = HTTPMethod.get
    private var failure: HTTP1Error?

    /// Whether the connection may be used again after the last response whose head came.
    public private(set) var keepsAlive = true
    /// Whether anything of the expected response has been seen.
    public private(set) var hasBegun = false

    /// A parser at the start of a connection, which expects nothing yet.
    public init(limits: HTTPLimits = HTTPLimits()) {
        self.limits = limits
        section = HTTP1FieldSection(fieldsMax: limits.fieldsMax, orThrow: .fieldsTooMany)
    }

    /// Expects the response to a request of that method; before the next one's first step.
    public mutating func expect(responseTo method: HTTPMethod) {
        self.method = method
        state = .statusLine
        interimResponses = 0
        hasBegun = false
    }

    /// Takes the next step.
    ///
    /// - Parameters:
    ///   - input: the bytes not consumed so far, with what came since behind them.
    ///   - bodyBytesMax: the most bytes of body to yield; with 0 none, and `.needMore` instead.
    /// - Returns: the event and the bytes done with.
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
    /// - Returns: whether that ended the response's body, which is whole then.
    /// - Throws: `.connectionEnded` within a response, or the error that it failed with before.
    public mutating func finish() throws(HTTP1Error) -> Bool {
        if let failure { throw failure }
        switch state {
        case .idle:
            return false
        case .body(let reader) where reader.endsWithConnection:
            state = .idle
            return true
        default:
            failure = .connectionEnded
            throw .connectionEnded
        }
    }

    private mutating func advance(
        _ input: Span<UInt8>,
        _ bodyBytesMax: Int
    ) throws(HTTP1Error) -> Step {
        var position = 0
        while true {
            switch state {
            case .idle:
                guard input.isEmpty else { throw .responseUnexpected }
                return Step(consumed: 0, event: .needMore)
            case .statusLine:
                guard try statusLine(input, &position) else {
                    return Step(consumed: position, event: .needMore)
                }
            case .fields(let status, let version):
                guard try fields(input, &position) else {
                    return Step(consumed: position, event: .needMore)
                }
                if let head = try head(status, version) {
                    return Step(consumed: position, event: .head(head))
                }
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
                    state = .idle
                    return Step(consumed: position, event: .end(trailers: trailers))
                }
            }
        }
    }

    private mutating func statusLine(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(HTTP1Error) -> Bool {
        if position < input.count { hasBegun = true }
        let line = try scanner.line(
            in: input,
            from: position,
            bytesMax: limits.headBytesMax,
            orThrow: .headTooLarge
        )
        guard let line else { return false }
        position = line.upperBound + 2
        headBytes = line.count + 2
        let text = input.extracting(line)
        guard text.count >= 12, text[8] == 0x20 else { throw .statusLineInvalid }
        let version = try HTTP1RequestLine.version(
            text.extracting(0..<8),
            orThrow: .statusLineInvalid
        )
        var status = 0
        for index in 9..<12 {
            guard (0x30...0x39).contains(text[index]) else { throw .statusLineInvalid }
            status = status * 10 + Int(text[index] - 0x30)
        }
        guard (100...599).contains(status), text.count == 12 || text[12] == 0x20,
            HTTPFieldRules.isValue(text)
        else { throw .statusLineInvalid }
        state = .fields(status: status, version: version)
        return true
    }

    private mutating func fields(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(HTTP1Error) -> Bool {
        while true {
            let line = try scanner.line(
                in: input,
                from: position,
                bytesMax: limits.headBytesMax - headBytes,
                orThrow: .headTooLarge
            )
            guard let line else { return false }
            headBytes += line.count + 2
            position = line.upperBound + 2
            if line.isEmpty { return true }
            try section.append(input.extracting(line))
        }
    }

    /// The head, and what follows from it; `nil` for an interim one.
    private mutating func head(
        _ status: Int,
        _ version: HTTPVersion
    ) throws(HTTP1Error) -> HTTPResponseHead? {
        let fields = section.fields
        section = HTTP1FieldSection(fieldsMax: limits.fieldsMax, orThrow: .fieldsTooMany)
        guard status >= 200 else {
            guard status != 101 else { throw .upgradeUnexpected }
            interimResponses += 1
            guard interimResponses <= limits.interimResponsesMax else {
                throw .interimResponsesTooMany
            }
            state = .statusLine
            return nil
        }
        let length = try fields.bodyLength(in: version)
        keepsAlive = version == .http1_1 && !fields.asksForClose
        // RFC 9112 section 6.3: no body whatever the fields say.
        if method == .head || status == 204 || status == 304 {
            state = .body(HTTP1BodyReader(.known(0), limits: limits))
        } else if let length {
            state = .body(HTTP1BodyReader(length, limits: limits))
        } else {
            keepsAlive = false
            state = .body(.untilEnd(limits: limits))
        }
        return HTTPResponseHead(status: status, fields: fields)
    }
}
