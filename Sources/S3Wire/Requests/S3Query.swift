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
        for pair in raw.utf8.split(separator: UInt8(ascii: "&")) {
            guard parameters.count < Self.parameterCountMax else { throw S3Error(.invalidURI) }
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            parameters.append(
                Parameter(
                    name: try Self.decode(pair[..<equals]),
                    value: try Self.decode(pair[equals...].dropFirst())
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

    private static func decode(_ text: Substring.UTF8View) throws(S3Error) -> String {
        guard let bytes = PercentEncoding.decode(text, plusIsSpace: true),
            let string = String(validating: bytes, as: UTF8.self)
        else { throw S3Error(.invalidURI) }
        return string
    }
}
