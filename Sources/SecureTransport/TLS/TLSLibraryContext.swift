internal import COpenSSL

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
    // The ALPN callback reads it through an unretained reference, so a session keeps its context.
    private let protocols: [UInt8]

    /// A context with the rules, without a certificate.
    ///
    /// - Parameters:
    ///   - role: which end its sessions are.
    ///   - applicationProtocols: for ALPN, the preferred first; none for no ALPN.
    ///   - makesRecords: whether sessions take records over from OpenSSL where they can.
    /// - Throws: `.libraryFailure`.
    init(
        role: TLSRole,
        applicationProtocols: [String],
        makesRecords: Bool = false
    ) throws(TLSError) {
        let method = unsafe role == .server ? TLS_server_method() : TLS_client_method()
        guard let pointer = unsafe SSL_CTX_new_ex(nil, sealgate_cipher_properties(), method)
        else {
            throw .libraryFailure(reason: OpenSSLErrorQueue.drain())
        }
        unsafe self.pointer = pointer
        protocols = applicationProtocols.flatMap { [UInt8(clamping: $0.utf8.count)] + $0.utf8 }
        try setRules()
        if makesRecords { unsafe TLSFirstSecrets.watch(pointer) }
        switch role {
        case .client: try offerProtocols()
        case .server: selectProtocol()
        }
    }

    deinit { unsafe SSL_CTX_free(pointer) }

    /// Wants a certificate of the server from an authority in `authorities`, a PEM file, or one
    /// that the system trusts.
    func verifyServers(authorities: String?) throws(TLSError) {
        if let authorities {
            guard unsafe SSL_CTX_load_verify_file(pointer, authorities) == 1 else {
                throw .authoritiesUnreadable(
                    path: authorities,
                    reason: OpenSSLErrorQueue.drain()
                )
            }
        } else if unsafe SSL_CTX_set_default_verify_paths(pointer) != 1 {
            throw .libraryFailure(reason: OpenSSLErrorQueue.drain())
        }
        unsafe SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
    }

    /// Asks clients for a certificate from an authority in `authorities`, a PEM file.
    func verifyClients(authorities: String, required: Bool) throws(TLSError) {
        guard unsafe SSL_CTX_load_verify_file(pointer, authorities) == 1,
            let names = unsafe SSL_load_client_CA_file(authorities)
        else {
            throw .authoritiesUnreadable(path: authorities, reason: OpenSSLErrorQueue.drain())
        }
        unsafe SSL_CTX_set_client_CA_list(pointer, names)
        let mode = required ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_PEER
        unsafe SSL_CTX_set_verify(pointer, mode, nil)
    }

    private func setRules() throws(TLSError) {
        unsafe SSL_CTX_set_options(pointer, sealgate_context_options())
        unsafe sealgate_context_release_idle_buffers(pointer)
        unsafe sealgate_context_keep_no_sessions(pointer)
        let sessionContext = Array("sealgate".utf8)
        let sessionContextCount = UInt32(sessionContext.count)
        guard unsafe sealgate_context_set_versions(pointer, TLS1_2_VERSION, TLS1_3_VERSION) == 1,
            unsafe SSL_CTX_set_cipher_list(pointer, Self.suites12) == 1,
            unsafe SSL_CTX_set_ciphersuites(pointer, Self.suites13) == 1,
            unsafe sealgate_context_set_groups(pointer, "X25519:P-256:P-384") == 1,
            unsafe SSL_CTX_set_num_tickets(pointer, 1) == 1,
            unsafe SSL_CTX_set_session_id_context(
                pointer,
                sessionContext,
                sessionContextCount
            ) == 1
        else { throw .libraryFailure(reason: OpenSSLErrorQueue.drain()) }
    }

    private func offerProtocols() throws(TLSError) {
        guard !protocols.isEmpty else { return }
        // Unlike its neighbours it gives 0 for success.
        guard unsafe SSL_CTX_set_alpn_protos(pointer, protocols, UInt32(protocols.count)) == 0
        else { throw .libraryFailure(reason: OpenSSLErrorQueue.drain()) }
    }

    private func selectProtocol() {
        guard !protocols.isEmpty else { return }
        let argument = unsafe Unmanaged.passUnretained(self).toOpaque()
        unsafe SSL_CTX_set_alpn_select_cb(
            pointer,
            { _, selected, selectedCount, offered, offeredCount, argument in
                guard let argument = unsafe argument else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                let context = unsafe Unmanaged<TLSLibraryContext>.fromOpaque(argument)
                return unsafe context.takeUnretainedValue()
                    .select(selected, selectedCount, offered, offeredCount)
            },
            argument
        )
    }

    // No protocol in common ends the handshake, RFC 7301 section 3.2: a client of another protocol
    // must not have its bytes taken for HTTP.
    private func select(
        _ selected: UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
        _ selectedCount: UnsafeMutablePointer<UInt8>?,
        _ offered: UnsafePointer<UInt8>?,
        _ offeredCount: UInt32
    ) -> CInt {
        unsafe protocols.withUnsafeBufferPointer { own in
            var choice: UnsafeMutablePointer<UInt8>?
            let result = unsafe SSL_select_next_proto(
                &choice,
                selectedCount,
                own.baseAddress,
                UInt32(own.count),
                offered,
                offeredCount
            )
            guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
            unsafe selected?.pointee = unsafe UnsafePointer(choice)
            return SSL_TLSEXT_ERR_OK
        }
    }

    private static let suites12 = [
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    ].joined(separator: ":")
    private static let suites13 =
        "TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256"
}
