import Daemon
import Encoding
import NIOCore
import S3Wire
import Transport

/// What the requests of one event loop share; bound to that loop, so that nothing is locked.
final class LoopContext {
    let eventLoop: any EventLoop
    let services: GatewayServices
    let store: any HTTPClientPool
    /// The same for the bodies of objects.
    let bodies: any HTTPClientPool
    let client: StoreClient
    let authenticator: Authenticator
    let buckets: BucketCache
    let uploads: UploadCache
    let counters: RequestCounters
    var requestIDs: RequestIDSource
    var openedObjects: OpenedObjectCache

    /// Who waits for the settings of a bucket that are being loaded.
    var settingsWaiters: [SettingsLoad: [(Result<BucketSettings, S3Error>) -> Void]] = [:]

    /// Who waits for the store to say whether a bucket exists.
    var bucketWaiters: [String: [(S3Error?) -> Void]] = [:]

    private var dateSeconds: Int64 = .min
    private var dateText = ""

    init(
        eventLoop: any EventLoop,
        services: GatewayServices,
        store: any HTTPClientPool,
        bodies: (any HTTPClientPool)? = nil,
        objectCacheCountMax: Int,
        requestIDSeed: UInt64
    ) {
        self.eventLoop = eventLoop
        self.services = services
        self.store = store
        self.bodies = bodies ?? store
        client = StoreClient(store, services.storeForm)
        authenticator = Authenticator(
            credentials: services.credentials,
            regions: services.options.regions,
            takesVersion2: services.options.takesVersion2
        )
        buckets = BucketCache(limit: services.options.bucketCacheCountMax)
        uploads = UploadCache(limit: services.options.uploadCacheCountMax)
        counters = RequestCounters(services.metrics)
        requestIDs = RequestIDSource(seed: requestIDSeed)
        openedObjects = OpenedObjectCache(limit: objectCacheCountMax)
    }

    /// The time, as the `date` field has it; made anew once a second.
    func httpDate() -> String {
        let now = services.clock()
        if now.seconds != dateSeconds {
            dateSeconds = now.seconds
            dateText = now.httpDate
        }
        return dateText
    }
}
