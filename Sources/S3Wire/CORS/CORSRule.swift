/// A rule of a bucket: which pages of other origins may send which requests.
public struct CORSRule: Equatable, Sendable {
    /// A name, which decides nothing.
    public var id: String?
    /// The origins whose pages are meant.
    public var origins: [CORSPattern]
    /// The methods that they may use: `GET`, `PUT`, `POST`, `DELETE` or `HEAD`.
    public var methods: [String]
    /// The headers that they may send.
    public var headers: [CORSPattern]
    /// The headers of answers that they may read.
    public var exposedHeaders: [String]
    /// How long browsers may keep the answer to a preflight, in seconds.
    public var ageSecondsMax: Int?

    /// A rule from its parts.
    public init(
        id: String? = nil,
        origins: [CORSPattern],
        methods: [String],
        headers: [CORSPattern] = [],
        exposedHeaders: [String] = [],
        ageSecondsMax: Int? = nil
    ) {
        self.id = id
        self.origins = origins
        self.methods = methods
        self.headers = headers
        self.exposedHeaders = exposedHeaders
        self.ageSecondsMax = ageSecondsMax
    }

    /// Whether a page of an origin may use a method and send headers, in lower case.
    func allows(origin: String, method: String, headers names: [String]) -> Bool {
        methods.contains { $0.utf8.elementsEqual(method.utf8) }
            && origins.contains { $0.allows(origin) }
            && names.allSatisfy { name in headers.contains { $0.allows(name) } }
    }
}
