/// A request method, case-sensitive (RFC 9110 section 9).
public enum HTTPMethod: Hashable, Sendable {
    /// DELETE.
    case delete
    /// GET.
    case get
    /// HEAD.
    case head
    /// OPTIONS.
    case options
    /// POST.
    case post
    /// PUT.
    case put
    /// Any other method, as sent.
    case other(String)

    /// The method of that name.
    public init(_ name: String) {
        switch name {
        case "DELETE": self = .delete
        case "GET": self = .get
        case "HEAD": self = .head
        case "OPTIONS": self = .options
        case "POST": self = .post
        case "PUT": self = .put
        default: self = .other(name)
        }
    }

    /// The name on the wire.
    public var name: String {
        switch self {
        case .delete: "DELETE"
        case .get: "GET"
        case .head: "HEAD"
        case .options: "OPTIONS"
        case .post: "POST"
        case .put: "PUT"
        case .other(let name): name
        }
    }
}
