internal import COpenSSL
internal import Encoding

/// Which end of a connection OpenSSL plays.
enum TLSRole: Sendable {
    case client
    case server
}

/// An SSL_CTX with the rules common to all of Sealgate's connections.
///
/// Set up by one thread, then only read: OpenSSL allows SSL_new from many threads at once.
@safe
final class TLSLibraryContext: Sendable {
    // Never changed after set-up; OpenSSL counts references atomically.
    nonisolated(unsafe) let pointer: OpaquePointer
    private let protocols: TLSProtocolList

    init(role: TLSRole) throws(TLSError) {
        let method = unsafe role == .server ? TLS_server_method() : TLS_client_method()
        guard let pointer = unsafe SSL_CTX_new(method) else {
            throw .libraryFailure(reason: OpenSSLErrorQueue.drain())
        }
        unsafe self.pointer = pointer
        protocols = TLSProtocolList()
        try setRules()
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    private func setRules() throws(TLSError) {
        let options =
            SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE
            | SSL_OP_PRIORITIZE_CHACHA
        unsafe SSL_CTX_set_options(pointer, options)
        unsafe sealgate_context_release_idle_buffers(pointer)
        unsafe sealgate_context_keep_no_sessions(pointer)
        let sessionContext: [UInt8] = Array("sealgate".utf8)
        guard unsafe sealgate_context_set_versions(pointer, TLS1_2_VERSION, TLS1_3_VERSION) == 1,
            unsafe SSL_CTX_set_cipher_list(pointer, Self.suites12) == 1,
            unsafe SSL_CTX_set_ciphersuites(pointer, Self.suites13) == 1,
            unsafe sealgate_context_set_groups(pointer, "X25519:P-256:P-384") == 1,
            unsafe SSL_CTX_set_num_tickets(pointer, 1) == 1,
            unsafe SSL_CTX_set_session_id_context(pointer, sessionContext, 8) == 1
        else { throw .libraryFailure(reason: OpenSSLErrorQueue.drain()) }
    }

    private static let suites12 =
        "ECDHE+AESGCM:ECDHE+CHACHA20:!PSK:!aNULL:@STRENGTH"
    private static let suites13 =
        "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"
}
