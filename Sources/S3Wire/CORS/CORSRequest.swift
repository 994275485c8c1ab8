internal import Encoding
public import HTTPWire

/// What a request says of the page that sends it (Fetch Standard, "CORS protocol").
public struct CORSRequest: Equatable, Sendable {
    /// The origin of the page.
    public let origin: String
    /// The method that it uses, or in a preflight asks to use.
    public let method: String
    /// The headers that a preflight asks for, in lower case.
    public let headers: [String]

    /// What an actual request says; `nil` without `Origin`: no page of another origin sent it.
    public init?(actual head: borrowing HTTPRequestHead) {
        guard let origin = head.fields["origin"], !origin.isEmpty else { return nil }
        self.origin = origin
        method = head.method.name
        headers = []
    }

    /// What a preflight asks.
    ///
    /// - Throws: `BadRequest` for one without origin or without a method that rules know.
    public init(preflight fields: HTTPFields) throws(S3Error) {
        guard let origin = fields["origin"], !origin.isEmpty else {
            throw S3Error(
                .badRequest,
                "Insufficient information. Origin request header needed."
            )
        }
        let method = fields["access-control-request-method"]
        guard let method, CORSConfiguration.methods.contains(method) else {
            throw S3Error(
                .badRequest,
                "Invalid Access-Control-Request-Method: \(method ?? "null")"
            )
        }
        self.origin = origin
        self.method = method
        headers = fields.values(of: "access-control-request-headers").flatMap { value in
            value.lowercased().utf8.split(separator: UInt8(ascii: ",")).compactMap(Self.trimmed)
        }
    }

    private static func trimmed(_ name: Substring.UTF8View) -> String? {
        var name = name.drop { $0 == 0x20 || $0 == 0x09 }
        while let last = name.last, last == 0x20 || last == 0x09 { name.removeLast() }
        return name.isEmpty ? nil : String(Substring(name))
    }
}
