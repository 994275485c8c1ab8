internal import COpenSSL
internal import Encoding

/// What the start summary says of a certificate.
struct TLSCertificateSummary: Equatable, Sendable {
    /// SHA-256 of the certificate, lower-case hexadecimal.
    var fingerprint: String
    /// When it expires.
    var notAfter: Timestamp
}

extension TLSLibraryContext {
    /// Uses a certificate chain and its private key, both PEM files.
    ///
    /// - Throws: `.certificateUnreadable`, `.keyUnreadable`, `.keyFileExposed`, `.keyMismatch`.
    func useCertificate(
        _ certificatePath: String,
        key keyPath: String
    ) throws(TLSError) -> TLSCertificateSummary {
        // An encrypted file must fail, not ask on the terminal for its passphrase.
        unsafe SSL_CTX_set_default_passwd_cb(pointer, { _, _, _, _ in -1 })
        OpenSSLErrorQueue.clear()
        guard unsafe SSL_CTX_use_certificate_chain_file(pointer, certificatePath) == 1,
            let certificate = unsafe SSL_CTX_get0_certificate(pointer)
        else {
            throw .certificateUnreadable(
                path: certificatePath,
                reason: OpenSSLErrorQueue.drain()
            )
        }
        let key = unsafe try TLSKeyFile.read(keyPath)
        defer { unsafe EVP_PKEY_free(key) }
        guard unsafe X509_check_private_key(certificate, key) == 1,
            unsafe SSL_CTX_use_PrivateKey(pointer, key) == 1,
            unsafe SSL_CTX_check_private_key(pointer) == 1
        else {
            OpenSSLErrorQueue.clear()
            throw .keyMismatch(certificatePath: certificatePath, keyPath: keyPath)
        }
        guard let summary = unsafe Self.summary(of: certificate) else {
            throw .certificateUnreadable(
                path: certificatePath,
                reason: OpenSSLErrorQueue.drain()
            )
        }
        return summary
    }

    private static func summary(of certificate: OpaquePointer) -> TLSCertificateSummary? {
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 32
        guard unsafe X509_digest(certificate, EVP_sha256(), &digest, &count) == 1, count == 32
        else { return nil }
        var time = unsafe tm()
        guard unsafe ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) == 1 else {
            return nil
        }
        let notAfter = unsafe CalendarTime.timestamp(
            year: Int(time.tm_year) + 1900,
            month: Int(time.tm_mon) + 1,
            day: Int(time.tm_mday),
            hour: Int(time.tm_hour),
            minute: Int(time.tm_min),
            second: Int(time.tm_sec)
        )
        guard let notAfter else { return nil }
        return TLSCertificateSummary(fingerprint: Hex.encode(digest), notAfter: notAfter)
    }
}
