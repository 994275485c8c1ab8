public import Daemon
import HTTPWire
import KMS
import NIOCore
import NIOPosix
import S3Wire
import SealedObject
import Transport

/// A store's objects for tools that run without a gateway: what is stored, and what can be opened.
public final class OfflineStore: Sendable {
    /// A stored object's place.
    public struct Place: Hashable, Sendable {
        /// The bucket.
        public var bucket: String
        /// The key, as clients name it.
        public var key: String
        /// The version's id; `nil` for the current one.
        public var versionID: String?

        /// A place from its parts.
        public init(bucket: String, key: String, versionID: String? = nil) {
            self.bucket = bucket
            self.key = key
            self.versionID = versionID
        }

        /// The query that names the version.
        var query: String { StoreRequest.query(version: versionID) }
    }

    let client: StoreClient
    let records: StoreRecords
    private let settings: Settings
    private let pools: StorePools
    private let group: MultiThreadedEventLoopGroup

    private init(
        _ settings: Settings,
        _ pools: StorePools,
        _ group: MultiThreadedEventLoopGroup
    ) {
        self.settings = settings
        self.pools = pools
        self.group = group
        client = pools.client
        records = StoreRecords(pools.client)
    }

    /// Connects to the store that the settings name; the KMS isn't asked for anything.
    ///
    /// - Throws: what is wrong with the settings, or that the store doesn't answer.
    public static func open(_ settings: Settings) async throws(GatewayStartError) -> OfflineStore {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let pools = try await StorePools(
            try StoreTarget(settings),
            settings,
            group,
            TransportMetrics()
        )
        return OfflineStore(settings, pools, group)
    }

    /// The keys that the settings lead to, for opening.
    ///
    /// - Throws: what is wrong with them.
    func keys() async throws(GatewayStartError) -> KeyAccess {
        let backends = try await KMSBackends.open(
            settings,
            try KMSBackends.folder(settings, isReadOnly: true),
            log: nil,
            KeyServices.opening(on: group.next(), TransportMetrics(), isReadOnly: true)
        )
        let compatibility: Compatibility =
            settings[GatewaySettings.compatibility] == .aws ? .aws : .rustfs
        let ring = try KeyServices.ring(backends.settings, try backends.provider, records)
        ring.startToOpen()
        return KeyAccess(
            ring: ring,
            errors: KMSErrorMapping(compatibility: compatibility),
            now: { SystemClock.now }
        )
    }

    /// Ends the connections.
    public func close() async {
        await pools.close()
        try? await group.shutdownGracefully()
    }

    /// The names of all buckets.
    ///
    /// - Throws: `.storeFailed`.
    public func buckets() async throws(OfflineError) -> [String] {
        let reply = try await send(StoreRequest(.get))
        guard reply.isSuccess, let listing = try? BucketListing(xml: reply.body) else {
            throw .storeFailed
        }
        return listing.buckets.map(\.name)
    }

    /// Where a listing goes on.
    enum Mark: Equatable, Sendable {
        case start
        case token(String)
        case version(key: String, id: String?)
    }

    /// One page of a bucket's objects with all their versions, where the store keeps such; `nil`
    /// as the next mark where it is the last.
    ///
    /// - Throws: `.noSuchBucket`, `.storeFailed`.
    func page(
        of bucket: String,
        prefix: String,
        from mark: Mark
    ) async throws(OfflineError) -> (places: [Place], next: Mark?) {
        let prefix = prefix.isEmpty ? nil : prefix
        guard client.form.isDialect else {
            var token: String?
            if case .token(let text) = mark { token = text }
            let page = try await listing(
                ObjectListing.self,
                bucket,
                [("list-type", "2"), ("prefix", prefix), ("continuation-token", token)]
            )
            guard case .version2(_, _, let next) = page.paging else { throw .storeFailed }
            let places = page.entries.map { Place(bucket: bucket, key: $0.key) }
            return (places, page.isTruncated ? next.map { .token($0) } : nil)
        }
        var marker: (key: String?, id: String?)
        if case .version(let key, let id) = mark { marker = (key, id) }
        let page = try await listing(
            VersionListing.self,
            bucket,
            [
                ("versions", ""), ("prefix", prefix), ("key-marker", marker.key),
                ("version-id-marker", marker.id),
            ]
        )
        let places = page.versions.filter { !$0.isDeleteMarker }.map {
            Place(bucket: bucket, key: $0.object.key, versionID: $0.versionID)
        }
        guard page.isTruncated, let key = page.nextKeyMarker else { return (places, nil) }
        return (places, .version(key: key, id: page.nextVersionIDMarker))
    }

    private func listing<Listing: XMLReadable>(
        _: Listing.Type,
        _ bucket: String,
        _ pairs: [(String, String?)]
    ) async throws(OfflineError) -> Listing {
        let query = StoreRequest.query(pairs + [("encoding-type", "url")])
        let reply = try await send(StoreRequest(.get, bucket: bucket, query: query))
        guard reply.status != 404 else { throw .noSuchBucket(bucket) }
        guard reply.isSuccess, let listing = try? Listing(xml: reply.body) else {
            throw .storeFailed
        }
        return listing
    }

    /// Looks an object up.
    ///
    /// - Throws: `.noSuchKey`, `.broken` for one that isn't sealed, `.storeFailed`.
    func find(_ place: Place) async throws(OfflineError) -> FoundObject {
        let request = StoreRequest(
            .head,
            bucket: place.bucket,
            key: place.key,
            query: place.query
        )
        let reply = try await send(request)
        guard reply.status != 404, reply.status != 405 else { throw .noSuchKey(place.key) }
        guard reply.isSuccess else { throw .storeFailed }
        do throws(ObjectFault) {
            return try FoundObject(HTTPResponseHead(status: 200, fields: reply.fields))
        } catch {
            throw .broken(error.reason)
        }
    }

    /// Stored bytes of an object, exactly those asked for, of the very object that was found.
    ///
    /// - Throws: `.changed`, `.broken` for a body that ends before, `.storeFailed`.
    func bytes(
        _ range: Range<Int>,
        of found: FoundObject,
        at place: Place
    ) async throws(OfflineError) -> [UInt8] {
        var fields = found.ifUnchanged
        fields.append("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")
        let reply = try await send(
            StoreRequest(
                .get,
                bucket: place.bucket,
                key: place.key,
                query: place.query,
                fields: fields
            )
        )
        switch reply.status {
        case 206 where reply.body.count == range.count: return reply.body
        case 206, 416: throw OfflineError(.storedTruncated)
        case 404, 412: throw .changed
        default: throw .storeFailed
        }
    }

    func send(_ request: StoreRequest) async throws(OfflineError) -> StoreReply {
        do throws(StoreError) { return try await client.send(request) } catch {
            throw .storeFailed
        }
    }
}
