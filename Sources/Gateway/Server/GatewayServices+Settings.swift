import Crypto
import Daemon
import KMS
import Logging
import NIOCore
import S3Wire

extension BucketSettingsStore {
    /// A store over the deployment's records, with the settings' limits and the system's clock.
    convenience init(
        _ settings: Settings,
        _ records: StoreRecords,
        _ keys: KeyRing,
        _ registry: MetricsRegistry
    ) {
        self.init(
            records,
            keys: keys,
            limits: GatewayLimitSettings.bucketSettings(settings),
            metrics: BucketSettingsMetrics(registry),
            clock: { SystemClock.now }
        )
    }
}

extension GatewayServices {
    /// What requests share, from the settings.
    convenience init(
        _ settings: Settings,
        storeForm: StoreForm,
        credentials: [Credential],
        keys: KeyRing,
        bucketSettings: BucketSettingsStore,
        audit: AuditLog,
        log: Logger,
        metrics: GatewayMetrics,
        digestThreads: DigestThreads? = nil
    ) {
        let compatibility: Compatibility =
            switch settings[GatewaySettings.compatibility] {
            case .aws: .aws
            case .rustfs: .rustfs
            }
        let gatewayDefault: SSEDefault? =
            switch settings[GatewaySettings.defaultMode] {
            case "sse-kms": .sseKMS(keyID: nil, bucketKeyEnabled: true)
            case "none": nil
            default: .sseS3
            }
        self.init(
            options: Options(
                regions: settings[GatewaySettings.regions],
                takesVersion2: settings[GatewaySettings.signatureVersion2],
                domains: settings[GatewaySettings.domains],
                documentBytesMax: settings[GatewayLimitSettings.documentBytes],
                bucketCacheCountMax: settings[GatewayLimitSettings.bucketCache],
                uploadCacheCountMax: settings[GatewayLimitSettings.uploadCache],
                objectCacheCountMax: settings[GatewayLimitSettings.objectCache],
                answerInterval: TimeAmount(settings[GatewayLimitSettings.answerInterval]),
                form: FormReader.Limits(
                    bytesMax: settings[GatewayLimitSettings.formBytes],
                    fieldsMax: settings[GatewayLimitSettings.formFields]
                ),
                formFileBytesMax: settings[GatewayLimitSettings.formFileBytes]
            ),
            storeForm: storeForm,
            credentials: credentials,
            sse: SSEPolicy(
                compatibility: compatibility,
                gatewayDefault: gatewayDefault,
                digest: { HashFunction.md5.digest($0) }
            ),
            settings: bucketSettings,
            access: KeyAccess(
                ring: keys,
                errors: KMSErrorMapping(compatibility: compatibility),
                now: { SystemClock.now }
            ),
            audit: audit,
            log: log,
            metrics: metrics,
            digestThreads: digestThreads,
            clock: { SystemClock.now }
        )
    }
}
