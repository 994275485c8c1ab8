internal import Encoding

/// The query of a request: its parameters decoded and in order, and the bytes as sent.
public struct S3Query: Equatable, Sendable {
    /// One parameter.
    public struct Parameter: Equatable, Sendable {
        /// The name, decoded.
        public var name: String
        /// The value, decoded; empty where there is none (`?uploads` is `?uploads=`).
        public var value: String

        /// A parameter from its parts.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The query as sent, without `?`: what signatures are made over.
    public let raw: String
    /// The parameters in the order sent.
    public let parameters: [Parameter]

    /// How many parameters a request may have.
    public static let parameterCountMax = 128

    /// Reads the query that stood behind `?`; a `+` is a space, as S3 takes it.
    ///
    /// - Throws: `InvalidURI` for a broken percent-encoding, for names and values that aren't
    ///   UTF-8, and for more than 128 parameters.
    public init(raw: String) throws(S3Error) {
        self.raw = raw
        var parameters: [Parameter] = []
        let bytes = Array(raw.utf8)
        var start = 0
        while start < bytes.count {
            let end = Self.first(UInt8(ascii: "&"), in: bytes, start..<bytes.count)
            defer { start = end + 1 }
            guard end > start else { continue }
            guard parameters.count < Self.parameterCountMax else { throw S3Error(.invalidURI) }
            let equals = Self.first(UInt8(ascii: "="), in: bytes, start..<end)
            parameters.append(
                Parameter(
                    name: try Self.decode(bytes, start..<equals),
                    value: try Self.decode(bytes, min(equals + 1, end)..<end)
                )
            )
        }
        self.parameters = parameters
    }

    /// The value of the first parameter of that name, `nil` where there is none.
    public subscript(_ name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// Whether a parameter of that name is there.
    public func contains(_ name: String) -> Bool { parameters.contains { $0.name == name } }

    /// Where a byte stands first in a range; the range's end where it doesn't.
    private static func first(_ byte: UInt8, in bytes: [UInt8], _ range: Range<Int>) -> Int {
        var index = range.lowerBound
        while index < range.upperBound, bytes[index] != byte { index += 1 }
        return index
    }

    private static func decode(_ bytes: [UInt8], _ range: Range<Int>) throws(S3Error) -> String {
        // Most have nothing to decode.
        let percent = first(UInt8(ascii: "%"), in: bytes, range)
        let plus = first(UInt8(ascii: "+"), in: bytes, range)
        if percent == range.upperBound, plus == range.upperBound,
            let string = String(validating: bytes[range], as: UTF8.self)
        {
            return string
        }
        guard let decoded = PercentEncoding.decode(bytes[range], plusIsSpace: true),
            let string = String(validating: decoded, as: UTF8.self)
        else { throw S3Error(.invalidURI) }
        return string
    }
}
