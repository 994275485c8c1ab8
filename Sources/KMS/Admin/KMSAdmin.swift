internal import Encoding
public import HTTPWire

/// The KMS admin API: from a request that is authenticated and authorised to its JSON answer.
///
/// Source: docs/reference/admin-api.md. Every answer that isn't a success is
/// `{"code":…,"message":…}`, its message with the remedy.
public struct KMSAdmin: Sendable {
    /// The paths that the API is served under, the same below each.
    public static let prefixes = ["/kms", "/rustfs/admin/v3/kms"]
    /// The longest request body in bytes.
    public static let bodyCountMax = 1 << 20

    let ring: KeyRing
    /// `nil` where there are a ring and its provider alone.
    let services: (any KMSAdminServices)?

    /// The admin API of a ring and its provider.
    public init(ring: KeyRing, services: (any KMSAdminServices)? = nil) {
        self.ring = ring
        self.services = services
    }

    /// What of a request's path is behind one of the prefixes, as `/keys`.
    ///
    /// - Parameter path: the path, percent-decoded, without the query.
    /// - Returns: `nil` for a path that isn't this API's.
    public static func route(_ path: String) -> String? {
        for prefix in prefixes where path.hasPrefix(prefix + "/") {
            return String(path.dropFirst(prefix.count))
        }
        return nil
    }

    /// Does an operation and answers it.
    ///
    /// - Parameters:
    ///   - method: the request's method.
    ///   - path: what `route` gave.
    ///   - query: names and values, percent-decoded, in their order.
    ///   - body: the whole body, at most `bodyCountMax` bytes.
    /// - Returns: status and JSON.
    public func handle(
        _ method: HTTPMethod,
        path: String,
        query: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) async -> KMSAdminAnswer {
        do throws(KMSAdminError) {
            return try await perform(method, path, query, body)
        } catch {
            return error.answer
        }
    }

    private func perform(
        _ method: HTTPMethod,
        _ path: String,
        _ query: [(name: String, value: String)],
        _ body: [UInt8]
    ) async throws(KMSAdminError) -> KMSAdminAnswer {
        switch (method, path) {
        case (.get, "/status"), (.get, "/service-status"): return await status()
        case (.get, "/config"): return await config()
        case (.post, "/configure") where services != nil:
            return try await configure(body)
        case (.post, "/reconfigure") where services != nil:
            return try await reconfigure(body)
        case (.post, "/start"):
            try requireNone(body)
            return try await start()
        case (.post, "/stop"):
            try requireNone(body)
            return stop()
        case (.post, "/clear-cache"):
            try requireNone(body)
            ring.clear()
            return .noContent
        case (.post, "/rewrap") where services != nil: return try await beginRewrap(body)
        case (.get, "/usage") where services != nil: return try await usage()
        case (.get, _) where path.hasPrefix("/rewrap/") && services != nil:
            return try await rewrap(String(path.dropFirst("/rewrap/".count)))
        case (.get, "/keys"): return try await listKeys(query)
        case (.post, "/keys"): return try await createKey(body)
        case (.post, "/keys/enable"), (.post, "/keys/disable"), (.post, "/keys/rotate"),
            (.post, "/keys/cancel-deletion"), (.post, "/keys/update-description"),
            (.post, "/keys/tag"), (.post, "/keys/untag"):
            return try await changeKey(String(path.dropFirst("/keys/".count)), body)
        case (.delete, "/keys/delete"): return try await scheduleDeletion(body)
        case (.post, "/generate-data-key"): return try await generateDataKey(body)
        case (.post, "/configure"), (.post, "/reconfigure"), (.post, "/rewrap"), (.get, "/usage"):
            throw .notImplemented("\(method.name) /kms\(path) is not available in this version")
        case (.get, _) where path.hasPrefix("/keys/"):
            return try await describeKey(String(path.dropFirst("/keys/".count)))
        case (.get, _) where path.hasPrefix("/rewrap/"):
            throw .notImplemented("GET /kms/rewrap/{job} is not available in this version")
        default:
            throw .notFound("there is no \(method.name) /kms\(path)")
        }
    }
}
