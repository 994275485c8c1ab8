import Crypto
import Daemon
import Logging

/// Whose AES-GCM seals and carries TLS.
enum CryptoSettings {
    static let accelerator = SettingKey.choice(
        "crypto.accelerator",
        of: ["auto", "off"],
        default: "auto",
        """
        Whether BoringSSL's AES-GCM replaces OpenSSL's where the processor makes it faster, and \
        records of TLS 1.3 are made without OpenSSL's copies.
        """
    )

    /// Loads what the settings allow, before anything is encrypted.
    ///
    /// - Returns: what was decided, for people.
    static func start(_ settings: Settings, log: Logger) -> String {
        guard settings[accelerator] == "auto" else { return "OpenSSL (crypto.accelerator off)" }
        switch AESGCMAccelerator.start() {
        case .on: return "OpenSSL, AES-GCM by BoringSSL (VAES)"
        case .notFaster: return "OpenSSL (no VAES here)"
        case .standardRequired: return "OpenSSL (FIPS algorithms only)"
        case .refused:
            log.error("the accelerated AES-GCM failed its self-test; OpenSSL's own is used")
            return "OpenSSL (accelerator FAILED its self-test)"
        }
    }
}
