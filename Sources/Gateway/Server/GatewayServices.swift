import Daemon
import Encoding
import KMS
import Logging
import NIOCore
import S3Wire

/// What all requests of the process share; immutable, or safe to share by itself.
///
/// One object that is handed on: as a structure each step of a request would copy a dozen
/// references.
final class GatewayServices: Sendable {
    /// What the settings decided for requests.
    struct Options: Sendable {
        var regions: [String]
        /// Whether signatures of version 2 are taken too.
        var takesVersion2 = false
        var domains: [String]
        var documentBytesMax: Int
        var bucketCacheCountMax: Int
        var uploadCacheCountMax: Int
        /// Of all event loops together.
        var objectCacheCountMax: Int
        /// How long an answer in a document may take until it is begun, and then goes on.
        var answerInterval: TimeAmount
        /// What the fields of a form may cost.
        var form = FormReader.Limits()
        /// The largest file that is held whole to find its end.
        var formFileBytesMax = 262_144
    }

    let options: Options
    let storeForm: StoreForm
    let credentials: [Credential]
    let sse: SSEPolicy
    let settings: BucketSettingsStore
    let access: KeyAccess
    let audit: AuditLog
    let log: Logger
    let metrics: GatewayMetrics
    /// Where digests of large bodies are computed; `nil` where they are on the loop.
    let digestThreads: DigestThreads?
    let clock: @Sendable () -> Timestamp

    init(
        options: Options,
        storeForm: StoreForm = .dialect,
        credentials: [Credential],
        sse: SSEPolicy,
        settings: BucketSettingsStore,
        access: KeyAccess,
        audit: AuditLog,
        log: Logger,
        metrics: GatewayMetrics,
        digestThreads: DigestThreads? = nil,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.options = options
        self.storeForm = storeForm
        self.credentials = credentials
        self.sse = sse
        self.settings = settings
        self.access = access
        self.audit = audit
        self.log = log
        self.metrics = metrics
        self.digestThreads = digestThreads
        self.clock = clock
    }

    var keys: KeyRing { access.ring }

    var errors: KMSErrorMapping { access.errors }

    /// The id of the default KMS key, as answers name it.
    var defaultKeyID: String? { keys.settings.defaultKeyID?.name }

    /// The encryption headers of an answer.
    func sseResponse(_ stored: SSEResponse.Stored) -> SSEResponse {
        SSEResponse(
            stored: stored,
            compatibility: sse.compatibility,
            defaultKeyID: defaultKeyID
        )
    }
}
