internal import Encoding
public import HTTPWire

/// Takes a body of multipart/form-data apart: its fields, then the file's bytes without copying.
///
/// What stands behind the file's part is passed over, as S3 does, but must be ended by the last
/// boundary. Nothing may stand before the first boundary. Once it has thrown, it throws the same
/// again.
///
/// Source: RFC 7578; RFC 2046 section 5.1.1; Amazon S3 User Guide, "POST Object".
public struct FormReader: Sendable {
    /// What was found.
    public enum Event: Equatable, Sendable {
        /// The file's part begins: `fields` has all fields that count.
        case file(name: [UInt8])
        /// Bytes of the file, as a range of the input given.
        case data(Range<Int>)
        /// So many first bytes of `delimiter`, given before, are the file's after all.
        case withheld(Int)
        /// The boundary behind the file was read.
        case fileEnded
    }

    /// What a form may cost.
    public struct Limits: Sendable {
        /// The most bytes before the file's first, boundaries and heads counted.
        public var bytesMax: Int
        /// The most fields before the file.
        public var fieldsMax: Int

        /// Limits; S3's is 20 KiB.
        public init(bytesMax: Int = 20_480, fieldsMax: Int = 100) {
            self.bytesMax = bytesMax
            self.fieldsMax = fieldsMax
        }
    }

    private enum Content: Equatable { case field, file, ignored }

    private enum State: Equatable {
        case content(Content)
        case delimiterEnd([UInt8])
        case failed(FormError)
        case head
        case opening
        case tail([UInt8])
    }

    /// CR LF, two hyphens and the boundary: what ends a part.
    public let delimiter: [UInt8]
    /// The fields before the file, names in lower case, values as sent.
    public private(set) var fields = HTTPFields()

    private let limits: Limits
    private var state = State.opening
    // How much of the delimiter was seen; before the first its CR LF doesn't stand.
    private var matched = 2
    private var readBytes = 0
    private var isFileBegun = false
    private var line: [UInt8] = []
    private var value: [UInt8] = []
    private var part: FormPartHead?

    /// A reader at the start of a body.
    ///
    /// - Throws: `.boundaryInvalid`.
    public init(contentType: String, limits: Limits = Limits()) throws(FormError) {
        guard Self.isForm(contentType),
            let boundary = FormParameters(contentType.utf8.span)?["boundary"],
            (1...70).contains(boundary.count),
            boundary.allSatisfy({ (0x20...0x7e).contains($0) }), boundary.last != 0x20
        else { throw .boundaryInvalid }
        delimiter = Array("\r\n--".utf8) + boundary
        self.limits = limits
    }

    /// Whether a content type is that of forms with files.
    public static func isForm(_ contentType: String?) -> Bool {
        guard let type = contentType?.utf8.prefix(while: { $0 != UInt8(ascii: ";") }) else {
            return false
        }
        return FormParameters(Array(type).span)?.value == "multipart/form-data"
    }

    /// The least bytes that follow the file in a body where it is the last part: the boundary, two
    /// hyphens and CR LF, which every known client sends.
    public var closingCount: Int { delimiter.count + 4 }

    /// The next event in `input`, from `position` on, which moves behind what was read.
    ///
    /// - Returns: `nil` where all of the input was read and more is needed.
    /// - Throws: what is wrong with the body.
    public mutating func next(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(FormError) -> Event? {
        do throws(FormError) {
            if case .failed(let error) = state { throw error }
            if isFileBegun { return try step(input, &position) }
            // Cut to what may be read, so that the limit holds wherever the input is split.
            let end = min(input.count, position + limits.bytesMax - readBytes)
            let start = position
            let event = try step(input.extracting(0..<end), &position)
            readBytes += position - start
            guard event != nil || end == input.count else { throw .fieldsTooLarge }
            return event
        } catch {
            state = .failed(error)
            throw error
        }
    }

    /// The body's end came.
    ///
    /// - Throws: `.endUnexpected` where the last boundary didn't come before.
    public mutating func finish() throws(FormError) {
        switch state {
        case .tail(let seen) where seen.isEmpty || seen.count == 2: return
        case .failed(let error): throw error
        case .content, .delimiterEnd, .head, .opening, .tail:
            state = .failed(.endUnexpected)
            throw .endUnexpected
        }
    }

    private mutating func step(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(FormError) -> Event? {
        while position < input.count {
            switch state {
            case .failed(let error): throw error
            case .opening: try open(input, &position)
            case .head: if let event = try readHead(input, &position) { return event }
            case .content(let content):
                if let event = try read(content, input, &position) { return event }
            case .delimiterEnd(let seen): try endDelimiter(seen, input[position], &position)
            case .tail(let seen):
                guard seen.count < 2, input[position] == Self.lineEnd[seen.count] else {
                    throw .delimiterInvalid
                }
                state = .tail(seen + [input[position]])
                position += 1
            }
        }
        return nil
    }

    private static let lineEnd: [UInt8] = [0x0d, 0x0a]

    private mutating func open(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(FormError) {
        guard input[position] == delimiter[matched] else { throw .delimiterMissing }
        position += 1
        matched += 1
        if matched == delimiter.count { endContent() }
    }

    private mutating func endContent() {
        matched = 0
        state = .delimiterEnd([])
    }

    /// Behind a boundary: CR LF and another part, or two hyphens and the end.
    private mutating func endDelimiter(
        _ seen: [UInt8],
        _ byte: UInt8,
        _ position: inout Int
    ) throws(FormError) {
        position += 1
        switch seen + [byte] {
        case [0x0d], [0x2d]: state = .delimiterEnd([byte])
        case [0x0d, 0x0a]:
            state = isFileBegun ? .content(.ignored) : .head
            line = []
            part = FormPartHead()
        case [0x2d, 0x2d]:
            guard isFileBegun else { throw .fileMissing }
            state = .tail([])
        default: throw .delimiterInvalid
        }
    }

    private mutating func readHead(
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(FormError) -> Event? {
        let end = input.firstIndex(of: 0x0a, from: position)
        line.append(input.extracting(position..<end))
        position = min(end + 1, input.count)
        guard end < input.count else { return nil }
        guard line.popLast() == 0x0d else { throw .partHeadInvalid }
        guard line.isEmpty else {
            let text = line
            guard part?.take(text.span) == true else { throw .partHeadInvalid }
            line = []
            return nil
        }
        guard let name = part?.name else { throw .partHeadInvalid }
        if name == "file" {
            isFileBegun = true
            state = .content(.file)
            return .file(name: part?.fileName ?? [])
        }
        guard !fields.contains(name) else { throw .fieldRepeated(name) }
        guard fields.count < limits.fieldsMax else { throw .tooManyFields }
        state = .content(.field)
        return nil
    }

    private mutating func read(
        _ content: Content,
        _ input: Span<UInt8>,
        _ position: inout Int
    ) throws(FormError) -> Event? {
        if matched == 0 {
            let end = delimiterStart(input, from: position)
            let range = position..<end
            position = end
            if range.isEmpty {
                position += 1
                matched = 1
            } else if content == .file {
                return .data(range)
            } else if content == .field {
                value.append(input.extracting(range))
            }
            return nil
        }
        // CR stands nowhere in the delimiter but first: what failed to match needs no second look.
        if input[position] == delimiter[matched] {
            position += 1
            matched += 1
            guard matched == delimiter.count else { return nil }
            endContent()
            if content == .field { endField() }
            return content == .file ? .fileEnded : nil
        }
        let count = matched
        matched = 0
        if content == .field { value.append(contentsOf: delimiter[..<count]) }
        return content == .file ? .withheld(count) : nil
    }

    /// Where a delimiter stands, or may begin that the input is too short to show; else its end.
    private func delimiterStart(_ input: Span<UInt8>, from start: Int) -> Int {
        var position = input.firstIndex(of: delimiter[0], from: start)
        while position < input.count {
            var count = 1
            while count < delimiter.count, position + count < input.count,
                input[position + count] == delimiter[count]
            {
                count += 1
            }
            if count == delimiter.count || position + count == input.count { return position }
            position = input.firstIndex(of: delimiter[0], from: position + count)
        }
        return position
    }

    private mutating func endField() {
        guard let name = part?.name else { return }
        var field: [UInt8] = []
        swap(&field, &value)
        fields.append(name: name.utf8.span, value: field.span)
        // A customer's key may have stood in it.
        for index in field.indices { field[index] = 0 }
    }
}
