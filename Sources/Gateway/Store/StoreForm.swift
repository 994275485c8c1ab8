/// How the store wants to be asked: decided once, at the start, by what it can do.
struct StoreForm: Sendable {
    /// What it can do.
    var capabilities: StoreCapabilities
    /// The bucket that holds records where the store has no reserved namespace; no client may
    /// name it.
    var reservedBucket: String?
    /// Where buckets are made.
    var region: String

    /// The dialect with all that it names.
    static let dialect = StoreForm(capabilities: .all, reservedBucket: nil, region: "us-east-1")

    /// Whether an envelope may be made when the body has ended, for it commits then.
    var commitsLate: Bool { capabilities.contains(.trailerMetadata) }

    /// Whether Complete gives an object its envelope and its part table.
    var completesWithEnvelope: Bool { capabilities.contains(.completeMetadata) }

    /// Whether every request of the dialect is understood as it is.
    var isDialect: Bool { can(.required) }

    func can(_ capability: StoreCapabilities) -> Bool { capabilities.contains(capability) }
}
