import Crypto
import Daemon
import Encoding
import KMS

/// Builds the KMS side from the settings: provider, default key, ring.
enum KeyServices {
    /// Opens the provider; its default key is made at the first start.
    ///
    /// - Throws: what is wrong with key files and the remedy, before any listener opens.
    static func provider(_ settings: Settings) async throws(GatewayStartError) -> any KeyProvider {
        let id = try defaultKeyID(settings)
        do throws(KMSError) {
            let local = LocalKeySettings(
                directory: settings[GatewayKMSSettings.localDirectory],
                master: try master(settings)
            )
            let provider = try await LocalKeyProvider.open(local, now: { SystemClock.now })
            do throws(KMSError) {
                _ = try await provider.create(KeyCreation(id: id, description: "default key"))
            } catch .conflict {
                // It is there from an earlier start.
            }
            return provider
        } catch {
            throw GatewayStartError("the local KMS can't be opened", hint: error.explanation)
        }
    }

    private static func master(_ settings: Settings) throws(KMSError) -> MasterKeySource {
        if let path = settings[GatewayKMSSettings.localPassphraseFile] {
            return .passphraseFile(path)
        }
        guard let key = settings[GatewayKMSSettings.localMasterKey] else {
            throw .stateUnsafe(
                "set kms.local.master_key_file; openssl rand -base64 32 makes a key"
            )
        }
        return try .decode(String(decoding: key.bytes, as: UTF8.self))
    }

    /// The default key's id.
    static func defaultKeyID(_ settings: Settings) throws(GatewayStartError) -> KeyID {
        let name = settings[GatewayKMSSettings.defaultKeyID]
        do throws(KMSError) {
            return try KeyID(name)
        } catch {
            throw GatewayStartError(
                "kms.default_key_id: \(name) is no name for a key",
                hint: error.explanation
            )
        }
    }

    /// The limits and lifetimes of the ring.
    static func ringSettings(_ settings: Settings) throws(GatewayStartError) -> KeyRingSettings {
        var ring = KeyRingSettings(defaultKeyID: try defaultKeyID(settings))
        ring.cacheEnabled = settings[GatewayKMSSettings.cache]
        ring.cachedKeyCountMax = settings[GatewayKMSSettings.cacheCountMax]
        ring.bucketKeyLifetimeSSES3Seconds = seconds(settings[GatewayKMSSettings.lifetimeSSES3])
        ring.bucketKeyLifetimeSSEKMSSeconds = seconds(settings[GatewayKMSSettings.lifetimeSSEKMS])
        ring.dataKeyLifetimeSeconds = seconds(settings[GatewayKMSSettings.lifetimeDataKey])
        ring.callCountMax = settings[GatewayKMSSettings.callsMax]
        ring.tryCountMax = settings[GatewayKMSSettings.retries]
        ring.tryDeadlineMilliseconds = milliseconds(settings[GatewayKMSSettings.timeout])
        return ring
    }

    private static func seconds(_ duration: Duration) -> Int64 { duration.components.seconds }

    private static func milliseconds(_ duration: Duration) -> Int64 {
        duration.components.seconds * 1000
            + duration.components.attoseconds / 1_000_000_000_000_000
    }
}
