/// Gathers the field lines of a head or a trailer section, RFC 9112 section 5.
struct HTTP1FieldSection {
    /// The fields so far.
    private(set) var fields = HTTPFields()
    private let fieldsMax: Int
    private let tooMany: HTTP1Error

    init(fieldsMax: Int, orThrow tooMany: HTTP1Error) {
        self.fieldsMax = fieldsMax
        self.tooMany = tooMany
    }

    /// Takes one line, without its end.
    mutating func append(_ line: Span<UInt8>) throws(HTTP1Error) {
        guard fields.count < fieldsMax else { throw tooMany }
        let colon = try Self.colon(of: line)
        var start = colon + 1
        var end = line.count
        while start < end, Self.isBlank(line[start]) { start += 1 }
        while end > start, Self.isBlank(line[end - 1]) { end -= 1 }
        let value = line.extracting(start..<end)
        guard HTTPFieldRules.isValue(value) else { throw Self.error(of: value) }
        if fields.isEmpty { fields.reserve(fields: 16, bytes: 768) }
        fields.append(name: line.extracting(0..<colon), value: value)
    }

    private static func error(of value: Span<UInt8>) -> HTTP1Error {
        for index in value.indices where !HTTPFieldRules.isValueByte(value[index]) {
            return value[index] == 0x0d ? .bareCarriageReturn : .fieldValueInvalid
        }
        return .fieldValueInvalid
    }

    private static func colon(of line: Span<UInt8>) throws(HTTP1Error) -> Int {
        guard !line.isEmpty, !isBlank(line[0]) else { throw .fieldFolded }
        var index = 0
        while index < line.count, HTTPFieldRules.isTokenByte(line[index]) { index += 1 }
        guard index < line.count else { throw .fieldNameInvalid }
        switch line[index] {
        case UInt8(ascii: ":"):
            guard index > 0 else { throw .fieldNameInvalid }
            return index
        case 0x0d:
            throw .bareCarriageReturn
        default:
            while index < line.count, isBlank(line[index]) { index += 1 }
            let isSpaced = index < line.count && line[index] == UInt8(ascii: ":")
            throw isSpaced ? .fieldColonSpaced : .fieldNameInvalid
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
