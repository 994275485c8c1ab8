internal import Encoding

/// Takes a message's body apart: by length, in chunks or until the connection ends, RFC 9112
/// sections 6 and 7.
struct HTTP1BodyReader {
    /// What came of the front of the input.
    enum Event {
        case needMore
        case body(Range<Int>)
        case end(trailers: HTTPFields)
    }

    private enum State {
        case fixed(left: UInt64)
        case chunkSize
        case chunkData(left: UInt64)
        case chunkEnd
        case trailers
        case untilEnd
    }

    private var state: State
    private var scanner = HTTP1LineScanner()
    private let limits: HTTPLimits
    private var extensionBytes = 0
    private var trailers: HTTP1FieldSection
    private var trailerBytes = 0

    private init(_ state: State, limits: HTTPLimits) {
        self.state = state
        self.limits = limits
        trailers = HTTP1FieldSection(fieldsMax: limits.trailerFieldsMax, orThrow: .trailersTooMany)
    }

    /// A body of that length; one of unknown length is in chunks.
    init(_ length: HTTPBodyLength, limits: HTTPLimits) {
        switch length {
        case .known(let count): self.init(.fixed(left: count), limits: limits)
        case .unknown: self.init(.chunkSize, limits: limits)
        }
    }

    /// A body that the end of the connection ends.
    static func untilEnd(limits: HTTPLimits) -> HTTP1BodyReader {
        HTTP1BodyReader(.untilEnd, limits: limits)
    }

    /// Whether the end of the connection ends the body.
    var endsWithConnection: Bool {
        if case .untilEnd = state { true } else { false }
    }

    /// Moves `position` over what is done with; a body range is at most `bodyBytesMax` long.
    mutating func next(
        _ input: Span<UInt8>,
        position: inout Int,
        bodyBytesMax: Int
    ) throws(HTTP1Error) -> Event {
        while true {
            switch state {
            case .fixed(let left):
                guard left > 0 else { return .end(trailers: HTTPFields()) }
                return data(input, &position, bodyBytesMax, left: left) { .fixed(left: $0) }
            case .untilEnd:
                return data(input, &position, bodyBytesMax, left: .max) { _ in .untilEnd }
            case .chunkData(let left):
                return data(input, &position, bodyBytesMax, left: left) {
                    $0 == 0 ? .chunkEnd : .chunkData(left: $0)
                }
            case .chunkSize:
                guard try chunkSize(input, &position) else { return .needMore }
            case .chunkEnd:
                guard try chunkEnd(input, &position) else { return .needMore }
            case .trailers:
                guard try trailerLines(input, &position) else { return .needMore }
                return .end(trailers: trailers.fields)
            }
        }
    }

    private mutating func data(
        _ input: Span<UInt8>,
        _ position: inout Int,
        _ bodyBytesMax: Int,
        left: UInt64,
        then next: (UInt64) -> State
    ) -> Event {
        let available = min(input.count - position, bodyBytesMax)
        guard available > 0 else { return .needMore }
        let count = Int(min(UInt64(available), left))
        let range = position..<(position + count)
        position = range.upperBound
        state = next(left - UInt64(count))
        return .body(range)
    }

    private mutating func chunkSize(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(HTTP1Error) -> Bool {
        let line = try scanner.line(
            in: input,
            from: position,
            bytesMax: limits.chunkLineBytesMax,
            orThrow: .chunkLineTooLong
        )
        guard let line else { return false }
        position = line.upperBound + 2
        var index = line.lowerBound
        var size: UInt64 = 0
        while index < line.upperBound, let digit = Hex.value(ofDigit: input[index]) {
            guard size <= UInt64(Int64.max) >> 4 else { throw .chunkSizeTooLarge }
            size = size << 4 | UInt64(digit)
            index += 1
        }
        guard index > line.lowerBound else { throw .chunkSizeInvalid }
        try skipExtensions(input, index..<line.upperBound)
        state = size == 0 ? .trailers : .chunkData(left: size)
        return true
    }

    /// Extensions are dropped, RFC 9112 section 7.1.1; together they are bounded.
    private mutating func skipExtensions(
        _ input: Span<UInt8>,
        _ range: Range<Int>
    ) throws(HTTP1Error) {
        guard !range.isEmpty else { return }
        extensionBytes += range.count
        guard extensionBytes <= limits.chunkExtensionBytesMax else {
            throw .chunkExtensionsTooLarge
        }
        var index = range.lowerBound
        while index < range.upperBound, input[index] == 0x20 || input[index] == 0x09 { index += 1 }
        guard index < range.upperBound, input[index] == UInt8(ascii: ";") else {
            throw .chunkExtensionInvalid
        }
        while index < range.upperBound {
            guard HTTPFieldRules.isValueByte(input[index]) else {
                throw input[index] == 0x0d ? .bareCarriageReturn : .chunkExtensionInvalid
            }
            index += 1
        }
    }

    private mutating func chunkEnd(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(HTTP1Error) -> Bool {
        let available = input.count - position
        guard available > 0 else { return false }
        guard input[position] == 0x0d else { throw .chunkEndInvalid }
        guard available > 1 else { return false }
        guard input[position + 1] == 0x0a else { throw .chunkEndInvalid }
        position += 2
        state = .chunkSize
        return true
    }

    private mutating func trailerLines(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(HTTP1Error) -> Bool {
        while true {
            let line = try scanner.line(
                in: input,
                from: position,
                bytesMax: limits.trailerBytesMax - trailerBytes,
                orThrow: .trailersTooLarge
            )
            guard let line else { return false }
            trailerBytes += line.count + 2
            position = line.upperBound + 2
            guard !line.isEmpty else { break }
            try trailers.append(input.extracting(line))
        }
        for name in Self.forbiddenTrailers where trailers.fields.contains(name) {
            throw .trailerFieldForbidden
        }
        return true
    }

    /// Fields that bear on framing, routing or the connection, RFC 9110 section 6.5.1.
    private static let forbiddenTrailers = [
        "authorization", "connection", "content-length", "expect", "host", "trailer",
        "transfer-encoding",
    ]
}
