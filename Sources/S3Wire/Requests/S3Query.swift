internal import Encoding

/// The query of a request: its parameters decoded and in order.
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

    /// The parameters in the order sent, without those of a signature: they say nothing of
    /// what is asked for, and whoever verifies signatures reads them from the target.
    public let parameters: [Parameter]

    /// How many parameters a request may have, those of a signature included.
    public static let parameterCountMax = 128

    /// Reads the query that stood behind `?`; a `+` is a space, as S3 takes it.
    ///
    /// - Throws: `InvalidURI` for a broken percent-encoding, for names and values that aren't
    ///   UTF-8, and for more than 128 parameters.
    public init(raw: String) throws(S3Error) { try self.init(raw: raw.utf8.span) }

    /// Reads the bytes of a query, as for a text.
    init(raw bytes: Span<UInt8>) throws(S3Error) {
        var parameters: [Parameter] = []
        var count = 0
        var start = 0
        while start < bytes.count {
            let end = bytes.firstIndex(of: UInt8(ascii: "&"), from: start)
            defer { start = end + 1 }
            guard end > start else { continue }
            count += 1
            guard count <= Self.parameterCountMax else { throw S3Error(.invalidURI) }
            let equals = min(bytes.firstIndex(of: UInt8(ascii: "="), from: start), end)
            let name = bytes.extracting(start..<equals)
            if Self.isOfSignature(name) { continue }
            parameters.append(
                Parameter(
                    name: try Self.decode(name),
                    value: try Self.decode(bytes.extracting(min(equals + 1, end)..<end))
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

    private static func isOfSignature(_ name: Span<UInt8>) -> Bool {
        switch name.count {
        case 7: name.isEqual(to: "Expires")
        case 9: name.isEqual(to: "Signature")
        case 10: name.isEqual(to: "X-Amz-Date")
        case 13: name.isEqual(to: "X-Amz-Expires")
        case 14: name.isEqual(to: "AWSAccessKeyId")
        case 15: name.isEqual(to: "X-Amz-Algorithm") || name.isEqual(to: "X-Amz-Signature")
        case 16: name.isEqual(to: "X-Amz-Credential")
        case 19: name.isEqual(to: "X-Amz-SignedHeaders")
        case 20:
            name.isEqual(to: "X-Amz-Content-Sha256") || name.isEqual(to: "X-Amz-Security-Token")
        default: false
        }
    }

    private static func decode(_ text: Span<UInt8>) throws(S3Error) -> String {
        // Most have nothing to decode.
        let isPlain =
            text.firstIndex(of: UInt8(ascii: "%")) == text.count
            && text.firstIndex(of: UInt8(ascii: "+")) == text.count
        if isPlain {
            guard let string = String(utf8: text) else { throw S3Error(.invalidURI) }
            return string
        }
        guard let decoded = PercentEncoding.decode(text, plusIsSpace: true),
            let string = String(utf8: decoded)
        else { throw S3Error(.invalidURI) }
        return string
    }
}
