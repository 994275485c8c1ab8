import COpenSSL

@testable import SecureTransport

/// A TLS client straight over OpenSSL's memory BIOs, for what Sealgate's own client never does.
final class OpenSSLPeer {
    private let context: OpaquePointer
    private let ssl: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer
    private(set) var isComplete = false
    private(set) var failure: String?

    struct Unavailable: Error {}

    /// A client of these versions, suites and application protocols, with OpenSSL's own ciphers.
    init(
        least: Int32 = TLS1_2_VERSION,
        most: Int32 = TLS1_3_VERSION,
        suites: String = "DEFAULT:@SECLEVEL=0",
        suites13: String? = nil,
        protocols: [String] = ["h2", "http/1.1"],
        certificate: String? = nil,
        key: String? = nil
    ) throws {
        guard let context = SSL_CTX_new_ex(nil, "provider=default", TLS_client_method())
        else { throw Unavailable() }
        self.context = context
        _ = sealgate_context_set_versions(context, least, most)
        guard SSL_CTX_set_cipher_list(context, suites) == 1 else { throw Unavailable() }
        if let suites13, SSL_CTX_set_ciphersuites(context, suites13) != 1 { throw Unavailable() }
        let wire = protocols.flatMap { [UInt8($0.utf8.count)] + $0.utf8 }
        if !wire.isEmpty { SSL_CTX_set_alpn_protos(context, wire, UInt32(wire.count)) }
        if let certificate, let key {
            SSL_CTX_use_certificate_chain_file(context, certificate)
            SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM)
        }
        guard let ssl = SSL_new(context), let input = BIO_new(BIO_s_mem()),
            let output = BIO_new(BIO_s_mem())
        else { throw Unavailable() }
        self.ssl = ssl
        self.input = input
        self.output = output
        SSL_set_bio(ssl, input, output)
        SSL_set_connect_state(ssl)
    }

    deinit {
        SSL_free(ssl)
        SSL_CTX_free(context)
    }

    /// Goes on with the handshake.
    func handshake() {
        guard !isComplete, failure == nil else { return }
        let result = SSL_do_handshake(ssl)
        if result == 1 {
            isComplete = true
        } else if SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ {
            failure = OpenSSLErrorQueue.drain()
        }
        ERR_clear_error()
    }

    func receive(_ bytes: [UInt8]) { BIO_write(input, bytes, Int32(bytes.count)) }

    /// The ciphertext that it wants to send.
    func send() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: BIO_ctrl_pending(output))
        guard !bytes.isEmpty else { return [] }
        BIO_read(output, &bytes, Int32(bytes.count))
        return bytes
    }

    func write(_ plaintext: [UInt8]) {
        SSL_write(ssl, plaintext, Int32(plaintext.count))
    }

    /// The plaintext that came in.
    func read() -> [UInt8] {
        var all: [UInt8] = []
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = SSL_read(ssl, &bytes, Int32(bytes.count))
            guard count > 0 else { break }
            all += bytes[..<Int(count)]
        }
        if SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN == 0, let text = alert() {
            failure = text
        }
        return all
    }

    func close() { SSL_shutdown(ssl) }

    /// Sends with new keys from the next write on, and asks for as much where that is wanted.
    func updateKeys(asking: Bool) {
        SSL_key_update(ssl, asking ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED)
    }

    /// What it may resume later; to be freed by `SSL_SESSION_free`.
    func ticket() -> OpaquePointer? { SSL_get1_session(ssl) }

    /// Offers a ticket; before the handshake.
    func resume(_ ticket: OpaquePointer) { SSL_set_session(ssl, ticket) }

    var isResumed: Bool { SSL_session_reused(ssl) == 1 }

    var isClosedByPeer: Bool { SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN != 0 }

    /// The suite agreed on, in OpenSSL's words.
    var suite: String { String(cString: SSL_CIPHER_get_name(SSL_get_current_cipher(ssl))) }

    var version: String { String(cString: SSL_get_version(ssl)) }

    /// SHA-256 of the server's certificate, in hexadecimal.
    var serverFingerprint: String? {
        guard let certificate = SSL_get0_peer_certificate(ssl) else { return nil }
        var digest = [UInt8](repeating: 0, count: 32)
        var count: UInt32 = 32
        X509_digest(certificate, EVP_sha256(), &digest, &count)
        return digest.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined()
    }

    private func alert() -> String? {
        guard ERR_peek_error() != 0 else { return nil }
        return OpenSSLErrorQueue.drain()
    }
}
