public import Daemon
import KMS

/// Backups of the local KMS' keys, for tools that run without a gateway.
public enum LocalKeyBackup {
    /// The longest backup in bytes.
    public static let bytesMax = 64 << 20

    /// All keys of the settings' local KMS, sealed under a passphrase; beside a gateway that runs.
    ///
    /// - Throws: what is wrong with settings, keys or passphrase.
    public static func make(
        _ settings: Settings,
        passphraseFile: String
    ) async throws(GatewayStartError) -> [UInt8] {
        let provider = try await open(settings, isReadOnly: true)
        do throws(KMSError) {
            return try await provider.backup(passphraseFile: passphraseFile)
        } catch {
            throw GatewayStartError("no backup was made", hint: error.explanation)
        }
    }

    /// Puts the keys of a backup into the settings' local KMS; no gateway may run on it.
    ///
    /// - Returns: the names of the keys.
    /// - Throws: what is wrong with settings, backup or passphrase, or a key that is there already.
    public static func restore(
        _ settings: Settings,
        _ backup: [UInt8],
        passphraseFile: String
    ) async throws(GatewayStartError) -> [String] {
        let provider = try await open(settings, isReadOnly: false)
        do throws(KMSError) {
            return try await provider.restore(backup, passphraseFile: passphraseFile).map(\.name)
        } catch {
            throw GatewayStartError("the backup wasn't restored", hint: error.explanation)
        }
    }

    private static func open(
        _ settings: Settings,
        isReadOnly: Bool
    ) async throws(GatewayStartError) -> LocalKeyProvider {
        try await KeyServices.local(settings, isReadOnly: isReadOnly)
    }
}
