import HTTPWire

/// A whole answer of the store: for requests whose answers are small.
struct StoreReply: Sendable {
    var status: Int
    var fields: HTTPFields
    var body: [UInt8]

    var isSuccess: Bool { (200..<300).contains(status) }

    /// The store's ETag as it stands in the header, with its quotes.
    var etag: String? { fields["etag"] }
}
