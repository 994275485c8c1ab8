import Encoding

/// What a store can do beyond plain S3 (docs/backend-dialect.md, "Capabilities").
struct StoreCapabilities: OptionSet, Sendable {
    let rawValue: Int

    /// Metadata may come as a trailer, and commits.
    static let trailerMetadata = StoreCapabilities(rawValue: 1)
    /// Complete takes the object's metadata and its part table.
    static let completeMetadata = StoreCapabilities(rawValue: 2)
    /// Parts keep an opaque value.
    static let partAttributes = StoreCapabilities(rawValue: 4)
    /// Listings tell each object's metadata.
    static let listMetadata = StoreCapabilities(rawValue: 8)
    /// Metadata is replaced in place.
    static let replaceMetadata = StoreCapabilities(rawValue: 16)
    /// Conditions are decided in the transaction that commits.
    static let conditionalCommit = StoreCapabilities(rawValue: 32)
    /// There is a bucket that no S3 client can name.
    static let reservedNamespace = StoreCapabilities(rawValue: 64)

    /// An object is made of another's body without moving it.
    static let copyObject = StoreCapabilities(rawValue: 128)

    /// Buckets keep versions where they are told to.
    static let versioning = StoreCapabilities(rawValue: 256)

    /// Large bodies are passed as open files.
    static let files = StoreCapabilities(rawValue: 512)

    /// Requests may follow each other on a connection before they are answered.
    static let pipelining = StoreCapabilities(rawValue: 1024)

    /// What every store of the dialect can do.
    static let required: StoreCapabilities = [
        .trailerMetadata, .completeMetadata, .partAttributes, .listMetadata, .replaceMetadata,
        .conditionalCommit, .reservedNamespace, .copyObject,
    ]

    /// Everything that the dialect names.
    static let all: StoreCapabilities = [.required, .versioning, .files, .pipelining]

    private static let names: [String: StoreCapabilities] = [
        "trailer-metadata": .trailerMetadata, "complete-metadata": .completeMetadata,
        "part-attributes": .partAttributes, "list-metadata": .listMetadata,
        "replace-metadata": .replaceMetadata, "conditional-commit": .conditionalCommit,
        "reserved-namespace": .reservedNamespace, "copy-object": .copyObject,
        "versioning": .versioning, "files": .files, "pipelining": .pipelining,
    ]

    init(rawValue: Int) { self.rawValue = rawValue }

    /// The capabilities that a store's answer names; none where it is no such answer: an engine
    /// that never heard of the question lists its buckets.
    init(_ reply: StoreReply) {
        self = []
        guard reply.status == 200, let document = try? JSONValue(reading: reply.body),
            document["dialect"]?.integer == 1, let listed = document["capabilities"]?.array
        else { return }
        for name in listed {
            guard let capability = name.string.flatMap({ Self.names[$0] }) else { continue }
            formUnion(capability)
        }
    }
}
