public import HTTPWire

/// The headers of an answer 200 or 206 that the query replaces: `response-content-type` and so on.
public struct ResponseOverrides: Equatable, Sendable {
    /// The headers, in the order of the query.
    public let fields: HTTPFields

    private static let names = [
        "response-cache-control": "cache-control",
        "response-content-disposition": "content-disposition",
        "response-content-encoding": "content-encoding",
        "response-content-language": "content-language",
        "response-content-type": "content-type",
        "response-expires": "expires",
    ]

    /// Reads a query.
    ///
    /// - Parameters:
    ///   - query: the request's.
    ///   - isAnonymous: whether nobody signed the request.
    /// - Throws: `InvalidRequest` for overrides in an anonymous request, `InvalidArgument` for
    ///   values that can't be a header's.
    public init(_ query: S3Query, isAnonymous: Bool) throws(S3Error) {
        var fields = HTTPFields()
        for parameter in query.parameters {
            guard let name = Self.names[parameter.name] else { continue }
            guard !isAnonymous else {
                throw S3Error(
                    .invalidRequest,
                    "Request specific response headers cannot be used for anonymous GET requests."
                )
            }
            // A line end in a value would begin another header.
            guard parameter.value.utf8.allSatisfy({ ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x09 })
            else {
                throw .invalidArgument(
                    "The value is not valid in a header.",
                    name: parameter.name,
                    value: ""
                )
            }
            fields.set(name, parameter.value)
        }
        self.fields = fields
    }

    /// Replaces the headers of an answer.
    public func apply(to answer: inout HTTPFields) {
        for index in 0..<fields.count {
            answer.set(fields.name(at: index), fields.value(at: index))
        }
    }
}
