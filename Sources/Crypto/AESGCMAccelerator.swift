internal import CAESGCMProvider
internal import COpenSSL

/// BoringSSL's AES-GCM in the place of OpenSSL's, for TLS and for sealing alike.
public enum AESGCMAccelerator {
    /// What became of it.
    public enum State: Sendable, Equatable {
        /// The processor has no VAES, VPCLMULQDQ and AVX2: OpenSSL's own is as good.
        case notFaster
        /// OpenSSL is set to FIPS algorithms only, and stays so.
        case standardRequired
        /// It is loaded, and gave the known answers.
        case on
        /// It couldn't be loaded, or gave a wrong answer: OpenSSL's own is used.
        case refused
    }

    /// Loads it where it helps; to be called before the first use of AES-GCM or TLS.
    public static func start() -> State {
        guard sealgate_aes_gcm_is_faster() == 1 else { return .notFaster }
        guard EVP_default_properties_is_fips_enabled(nil) == 0 else {
            return .standardRequired
        }
        let isLoaded = sealgate_aes_gcm_load() == 1
        // What a refusal left must not be taken for a failure of TLS later.
        ERR_clear_error()
        return isLoaded ? .on : .refused
    }

    /// Whether it was loaded, and gave the known answers.
    static var isOn: Bool { sealgate_aes_gcm_is_loaded() == 1 }
}
