internal import Encoding
public import HTTPWire

/// Takes bodies out of aws-chunked framing, byte ranges and no copies.
///
/// `HEX[;chunk-signature=64HEX] CRLF data CRLF … 0[;chunk-signature=64HEX] CRLF`, then trailers
/// where the mode has them, then CRLF. Signatures are handed out, not checked: that is SigV4's.
/// Once it has thrown, it throws the same again.
public struct AWSChunkedDecoder: Sendable {
    /// What was found.
    public enum Event: Equatable, Sendable {
        /// A chunk of so many bytes begins; its signature is 64 hexadecimal digits.
        case chunkBegan(size: UInt64, signature: String?)
        /// Bytes of the chunk, as a range of the input given.
        case data(Range<Int>)
        /// The chunk's last byte was handed out; also after the last chunk, of size 0.
        case chunkEnded
        /// The trailers; `signedBytes` are `name:value LF` for each, as their signature wants them.
        case trailers(HTTPFields, signature: String?, signedBytes: [UInt8])
        /// The body is complete.
        case end
    }

    /// What a body may cost.
    public struct Limits: Sendable {
        /// The largest chunk in bytes; signed chunks are kept whole until they are verified.
        public var chunkBytesMax: UInt64
        /// The longest line in bytes.
        public var lineBytesMax: Int
        /// How many trailers there may be.
        public var trailerCountMax: Int

        /// Limits for bodies of clients.
        public init(
            chunkBytesMax: UInt64 = UInt64(Int64.max),
            lineBytesMax: Int = 1024,
            trailerCountMax: Int = 16
        ) {
            self.chunkBytesMax = chunkBytesMax
            self.lineBytesMax = lineBytesMax
            self.trailerCountMax = trailerCountMax
        }
    }

    private enum State: Equatable {
        case header
        case data(remaining: UInt64)
        case dataEnd
        case dataEndLineFeed
        case lastChunk
        case trailer
        case complete
        case ended
        case failed(AWSChunkedError)
    }

    private let isSigned: Bool
    private let hasTrailers: Bool
    private let decodedLength: UInt64?
    private let limits: Limits
    private var state = State.header
    private var line: [UInt8] = []
    private var trailers = HTTPFields()
    private var trailerSignature: String?
    private var signedBytes: [UInt8] = []

    /// How many bytes of data were announced by chunks so far.
    public private(set) var announcedCount: UInt64 = 0

    /// A decoder at the start of a body.
    ///
    /// - Parameters:
    ///   - mode: one of the three modes in chunks.
    ///   - decodedLength: what `x-amz-decoded-content-length` says.
    ///   - limits: what the body may cost.
    public init(mode: PayloadMode, decodedLength: UInt64?, limits: Limits = Limits()) {
        isSigned = mode.isChunkSigned
        hasTrailers = mode.hasTrailers
        self.decodedLength = decodedLength
        self.limits = limits
    }

    /// The next event in `input`, from `position` on, which moves behind what was read.
    ///
    /// - Returns: `nil` where all of the input was read and more is needed.
    /// - Throws: what is wrong with the body.
    public mutating func next(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(AWSChunkedError) -> Event? {
        do throws(AWSChunkedError) {
            return try step(input, &position)
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// The body's end came.
    ///
    /// - Throws: `.endUnexpected` where the last chunk and its end didn't come before.
    public mutating func finish() throws(AWSChunkedError) {
        switch state {
        case .complete, .ended: state = .ended
        case .failed(let error): throw error
        case .header, .data, .dataEnd, .dataEndLineFeed, .lastChunk, .trailer:
            state = .failed(.endUnexpected)
            throw .endUnexpected
        }
    }

    private mutating func step(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(AWSChunkedError) -> Event? {
        while true {
            switch state {
            case .failed(let error): throw error
            case .complete:
                state = .ended
                return .end
            case .lastChunk:
                state = .trailer
                return .chunkEnded
            case .ended:
                guard position >= input.count else { throw .trailingBytes }
                return nil
            case .data(let remaining):
                guard position < input.count else { return nil }
                return data(remaining, input.count, &position)
            case .dataEnd, .dataEndLineFeed:
                guard position < input.count else { return nil }
                if try dataEnd(input[position], &position) { return .chunkEnded }
            case .header:
                guard try readLine(input, &position) else { return nil }
                let event = try header()
                line.removeAll(keepingCapacity: true)
                return event
            case .trailer:
                guard try readLine(input, &position) else { return nil }
                let event = try trailerLine()
                line.removeAll(keepingCapacity: true)
                if let event { return event }
            }
        }
    }

    private mutating func data(_ remaining: UInt64, _ end: Int, _ position: inout Int) -> Event {
        let start = position
        let count = min(remaining, UInt64(end - start))
        position = start + Int(count)
        state = count == remaining ? .dataEnd : .data(remaining: remaining - count)
        return .data(start..<position)
    }

    private mutating func dataEnd(
        _ byte: UInt8,
        _ position: inout Int
    ) throws(AWSChunkedError) -> Bool {
        let isLineFeed = state == .dataEndLineFeed
        guard byte == (isLineFeed ? 0x0a : 0x0d) else { throw .chunkEndInvalid }
        position += 1
        state = isLineFeed ? .header : .dataEndLineFeed
        return isLineFeed
    }

    /// Gathers a line without its end; `false` where the end hasn't come.
    private mutating func readLine(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(AWSChunkedError) -> Bool {
        while position < input.count {
            let byte = input[position]
            position += 1
            if byte == 0x0a {
                if line.last == 0x0d {
                    line.removeLast()
                } else if state != .trailer {
                    // Some clients end trailers, and only those, by LF alone.
                    throw .lineEndInvalid
                }
                guard !line.contains(0x0d) else { throw .lineEndInvalid }
                return true
            }
            guard line.count < limits.lineBytesMax else { throw .lineTooLong }
            line.append(byte)
        }
        return false
    }
}

extension AWSChunkedDecoder {
    private mutating func header() throws(AWSChunkedError) -> Event {
        let semicolon = line.firstIndex(of: UInt8(ascii: ";")) ?? line.endIndex
        let size = try Self.size(line[..<semicolon])
        let signature = try Self.signature(line[semicolon...])
        guard isSigned == (signature != nil) else {
            throw isSigned ? .signatureMissing : .signatureInvalid
        }
        guard size <= limits.chunkBytesMax else { throw .sizeTooLarge }
        let (count, overflow) = announcedCount.addingReportingOverflow(size)
        guard !overflow, count <= decodedLength ?? .max else { throw .lengthMismatched }
        announcedCount = count
        if size == 0 {
            guard count == decodedLength ?? count else { throw .lengthMismatched }
            state = .lastChunk
        } else {
            state = .data(remaining: size)
        }
        return .chunkBegan(size: size, signature: signature)
    }

    /// Reads a line behind the last chunk; the empty one is the last.
    private mutating func trailerLine() throws(AWSChunkedError) -> Event? {
        if line.isEmpty {
            state = .complete
            guard hasTrailers else { return nil }
            // Without a single trailer there is nothing that a signature could be made over.
            if isSigned, trailerSignature == nil, !trailers.isEmpty { throw .signatureMissing }
            return .trailers(trailers, signature: trailerSignature, signedBytes: signedBytes)
        }
        guard hasTrailers else { throw .trailersUnexpected }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            line[..<colon].allSatisfy(Self.isTokenByte)
        else { throw .trailerInvalid }
        let name = line[..<colon].map { (0x41...0x5a).contains($0) ? $0 | 0x20 : $0 }
        let value = Self.trimmed(line[(colon + 1)...])
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
            throw .trailerInvalid
        }
        if name.elementsEqual("x-amz-trailer-signature".utf8) {
            guard isSigned, trailerSignature == nil, Self.isSignature(value) else {
                throw .signatureInvalid
            }
            trailerSignature = String(decoding: value, as: UTF8.self)
            return nil
        }
        // The signature is over all trailers before it, so that none may follow.
        guard trailers.count < limits.trailerCountMax, trailerSignature == nil else {
            throw .trailersUnexpected
        }
        trailers.append(name: name.span, value: Array(value).span)
        signedBytes.append(contentsOf: name)
        signedBytes.append(UInt8(ascii: ":"))
        signedBytes.append(contentsOf: value)
        signedBytes.append(0x0a)
        return nil
    }

    private static func size(_ digits: ArraySlice<UInt8>) throws(AWSChunkedError) -> UInt64 {
        guard (1...16).contains(digits.count) else { throw .sizeInvalid }
        var size: UInt64 = 0
        for digit in digits {
            guard let value = Hex.value(ofDigit: digit) else { throw .sizeInvalid }
            size = size << 4 | UInt64(value)
        }
        return size
    }

    /// The signature in `;chunk-signature=…`, `nil` where nothing stands there.
    private static func signature(
        _ text: ArraySlice<UInt8>
    ) throws(AWSChunkedError) -> String? {
        guard !text.isEmpty else { return nil }
        let prefix = ";chunk-signature=".utf8
        guard text.starts(with: prefix) else { throw .signatureInvalid }
        let digits = text.dropFirst(prefix.count)
        guard isSignature(digits) else { throw .signatureInvalid }
        return String(decoding: digits, as: UTF8.self)
    }

    private static func isSignature(_ digits: ArraySlice<UInt8>) -> Bool {
        digits.count == 64 && digits.allSatisfy { Hex.value(ofDigit: $0) != nil }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text.drop { $0 == 0x20 || $0 == 0x09 }
        while let last = text.last, last == 0x20 || last == 0x09 { text.removeLast() }
        return text
    }
}
