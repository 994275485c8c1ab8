internal import Encoding
public import HTTPWire

/// `CORSConfiguration`: the rules of a bucket by which browsers let pages of other origins at it.
///
/// Source: Amazon S3 User Guide, "Using cross-origin resource sharing (CORS)".
public struct CORSConfiguration: Equatable, Sendable {
    /// The most rules.
    public static let ruleCountMax = 100
    /// The most bytes of the document.
    public static let documentBytesMax = 65_536
    /// What a rule may allow.
    public static let methods: Set<String> = ["DELETE", "GET", "HEAD", "POST", "PUT"]
    /// What an answer that rules were asked about depends on: caches must know.
    private static let vary =
        "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"

    /// The rules; the first that allows a request says what is answered.
    public var rules: [CORSRule]

    /// A configuration from its rules.
    public init(rules: [CORSRule]) { self.rules = rules }

    /// What an actual request's answer says, whatever else it is.
    ///
    /// - Returns: no `Access-Control-*` field where no rule allows the request: the browser then
    ///   keeps the answer from the page.
    public func fields(for request: CORSRequest) -> HTTPFields {
        guard let rule = rule(for: request) else { return HTTPFields([("vary", Self.vary)]) }
        return fields(of: rule, request)
    }

    /// What a preflight is answered.
    ///
    /// - Throws: `AccessForbidden` where no rule allows what it asks for.
    public func preflight(_ request: CORSRequest) throws(S3Error) -> HTTPFields {
        guard let rule = rule(for: request) else {
            throw Self.forbidden(
                "This CORS request is not allowed. This is usually because the evalution of "
                    + "Origin, request method / Access-Control-Request-Method or "
                    + "Access-Control-Request-Headers are not whitelisted by the resource's CORS "
                    + "spec.",
                request
            )
        }
        var fields = fields(of: rule, request)
        if !request.headers.isEmpty {
            fields.append("access-control-allow-headers", request.headers.joined(separator: ", "))
        }
        return fields
    }

    /// The answer to a preflight of a bucket without rules.
    public static func disabled(_ request: CORSRequest) -> S3Error {
        forbidden("CORS is not enabled for this bucket.", request)
    }

    private static func forbidden(_ message: String, _ request: CORSRequest) -> S3Error {
        S3Error(
            .accessForbidden,
            "CORSResponse: \(message)",
            details: [.init("Method", request.method), .init("ResourceType", "BUCKET")]
        )
    }

    private func rule(for request: CORSRequest) -> CORSRule? {
        rules.first {
            $0.allows(origin: request.origin, method: request.method, headers: request.headers)
        }
    }

    private func fields(of rule: CORSRule, _ request: CORSRequest) -> HTTPFields {
        var fields = HTTPFields()
        // Credentials, as cookies, are for origins that were named, be it with a `*` in them.
        let isAny = rule.origins.contains { $0.isAny }
        fields.append("access-control-allow-origin", isAny ? "*" : request.origin)
        if !isAny { fields.append("access-control-allow-credentials", "true") }
        fields.append("access-control-allow-methods", rule.methods.joined(separator: ", "))
        if !rule.exposedHeaders.isEmpty {
            fields.append(
                "access-control-expose-headers",
                rule.exposedHeaders.joined(separator: ", ")
            )
        }
        if let seconds = rule.ageSecondsMax {
            fields.append("access-control-max-age", String(seconds))
        }
        fields.append("vary", Self.vary)
        return fields
    }
}
