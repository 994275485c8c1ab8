internal import COpenSSL
internal import NIOCore

/// OpenSSL's part of a connection: the handshake, and records where Sealgate doesn't make them.
///
/// It reads and writes the buffers of the session that it belongs to. Bound to one thread at a
/// time; once a call has thrown only what stands in those buffers is of use.
@safe
final class TLSLibrarySession {
    private let library: TLSLibraryContext
    private let pointer: OpaquePointer

    /// A session over the buffers of `owner`, which must outlive it.
    ///
    /// - Throws: `.libraryFailure`.
    init(_ library: TLSLibraryContext, role: TLSRole, owner: TLSSession) throws(TLSError) {
        guard let pointer = unsafe SSL_new(library.pointer) else {
            throw .libraryFailure(reason: OpenSSLErrorQueue.drain())
        }
        guard let bio = unsafe BIO_new(TLSBufferBIO.method) else {
            unsafe SSL_free(pointer)
            throw .libraryFailure(reason: OpenSSLErrorQueue.drain())
        }
        self.library = library
        unsafe self.pointer = pointer
        unsafe BIO_set_data(bio, Unmanaged.passUnretained(owner).toOpaque())
        unsafe BIO_set_init(bio, 1)
        unsafe SSL_set_bio(pointer, bio, bio)
        switch role {
        case .client: unsafe SSL_set_connect_state(pointer)
        case .server: unsafe SSL_set_accept_state(pointer)
        }
    }

    deinit { unsafe SSL_free(pointer) }

    /// Sets what a client demands of the server's certificate, and SNI (RFC 6066 section 3).
    ///
    /// - Throws: `.serverNameInvalid`.
    func expect(serverName: String) throws(TLSError) {
        var name = serverName
        if name.hasSuffix(".") { name.removeLast() }
        let isPlain = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
        guard !name.isEmpty, isPlain else { throw .serverNameInvalid(serverName) }
        defer { OpenSSLErrorQueue.clear() }
        if unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(pointer), name) == 1 { return }
        unsafe SSL_set_hostflags(pointer, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
        guard unsafe SSL_set1_host(pointer, name) == 1,
            unsafe sealgate_set_server_name(pointer, name) == 1
        else { throw .serverNameInvalid(serverName) }
    }

    /// Goes on with the handshake as far as what came in allows.
    ///
    /// - Returns: whether it is complete.
    /// - Throws: `.handshakeFailed`, `.peerNotTrusted`.
    func handshake() throws(TLSError) -> Bool {
        OpenSSLErrorQueue.clear()
        let result = unsafe SSL_do_handshake(pointer)
        if result == 1 { return true }
        if unsafe SSL_get_error(pointer, result) == SSL_ERROR_WANT_READ { return false }
        let verdict = unsafe SSL_get_verify_result(pointer)
        let reason = OpenSSLErrorQueue.drain()
        guard verdict == X509_V_OK else {
            throw .peerNotTrusted(
                reason: unsafe String(cString: X509_verify_cert_error_string(verdict))
            )
        }
        throw .handshakeFailed(reason: reason)
    }

    /// Whether OpenSSL holds some of a record.
    var hasPending: Bool { unsafe SSL_has_pending(pointer) == 1 }

    /// The suite where its records can be made without OpenSSL: AES-GCM of TLS 1.3.
    var recordSuite: TLSRecordSuite? {
        guard unsafe SSL_version(pointer) == TLS1_3_VERSION,
            let cipher = unsafe SSL_get_current_cipher(pointer)
        else { return nil }
        return unsafe TLSRecordSuite.known(SSL_CIPHER_get_protocol_id(cipher))
    }

    /// Says that the session isn't broken off when it is freed, so that its ticket stays good.
    func retire() {
        unsafe SSL_set_shutdown(pointer, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
    }

    /// Decrypts into the free space of `buffer` until it is full or input is wanting.
    ///
    /// - Throws: `.protocolFailed`; what was read before stands in the buffer.
    func read(into buffer: inout ByteBuffer) throws(TLSError) -> TLSReadEnd {
        while buffer.writableBytes > 0 {
            OpenSSLErrorQueue.clear()
            var count = 0
            let result = unsafe buffer.withUnsafeMutableWritableBytes {
                unsafe SSL_read_ex(pointer, $0.baseAddress, $0.count, &count)
            }
            if result == 1 {
                buffer.moveWriterIndex(forwardBy: count)
                continue
            }
            switch unsafe SSL_get_error(pointer, result) {
            case SSL_ERROR_WANT_READ: return .needsInput
            case SSL_ERROR_ZERO_RETURN: return .closed
            default: throw .protocolFailed(reason: OpenSSLErrorQueue.drain())
            }
        }
        return .full
    }

    /// Encrypts `plaintext` into the session's `outbound`; one record for each 16 KiB begun.
    ///
    /// - Throws: `.protocolFailed`.
    func write(_ plaintext: UnsafeRawBufferPointer) throws(TLSError) {
        guard plaintext.count > 0 else { return }
        OpenSSLErrorQueue.clear()
        var count = 0
        guard unsafe SSL_write_ex(pointer, plaintext.baseAddress, plaintext.count, &count) == 1,
            count == plaintext.count
        else { throw .protocolFailed(reason: OpenSSLErrorQueue.drain()) }
    }

    /// Puts close_notify into the session's `outbound`.
    func close() {
        OpenSSLErrorQueue.clear()
        _ = unsafe SSL_shutdown(pointer)
        OpenSSLErrorQueue.clear()
    }

    /// Whether the peer sent close_notify.
    var isClosedByPeer: Bool {
        unsafe SSL_get_shutdown(pointer) & SSL_RECEIVED_SHUTDOWN != 0
    }

    /// What the handshake agreed on.
    var info: TLSConnectionInfo {
        var protocolBytes: UnsafePointer<UInt8>?
        var protocolCount: UInt32 = 0
        unsafe SSL_get0_alpn_selected(pointer, &protocolBytes, &protocolCount)
        let chosen = unsafe UnsafeBufferPointer(
            start: protocolBytes,
            count: Int(protocolCount)
        )
        return unsafe TLSConnectionInfo(
            version: String(cString: SSL_get_version(pointer)),
            cipher: String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(pointer))),
            applicationProtocol: chosen.isEmpty ? nil : String(decoding: chosen, as: UTF8.self),
            peerCertificateSubject: peerSubject
        )
    }

    private var peerSubject: String? {
        guard unsafe SSL_get_verify_result(pointer) == X509_V_OK,
            let certificate = unsafe SSL_get0_peer_certificate(pointer),
            let text = unsafe BIO_new(BIO_s_mem())
        else { return nil }
        defer { unsafe BIO_free(text) }
        let name = unsafe X509_get_subject_name(certificate)
        let flags = sealgate_name_rfc2253()
        guard unsafe X509_NAME_print_ex(text, name, 0, flags) >= 0 else { return nil }
        var bytes: UnsafeMutablePointer<CChar>?
        let count = unsafe sealgate_bio_memory(text, &bytes)
        let raw = unsafe UnsafeRawBufferPointer(start: bytes, count: Int(count))
        return unsafe String(decoding: raw, as: UTF8.self)
    }
}
