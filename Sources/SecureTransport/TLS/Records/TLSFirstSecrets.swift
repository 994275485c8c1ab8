internal import COpenSSL

/// The first traffic secrets of a connection, as OpenSSL tells them during the handshake.
struct TLSFirstSecrets {
    /// For what the client sends.
    private(set) var client: TLSTrafficSecret?
    /// For what the server sends.
    private(set) var server: TLSTrafficSecret?

    /// Has OpenSSL tell the secrets of each connection made with `context` to its session.
    ///
    /// They come as a line of a key log (SSLKEYLOGFILE format); nothing is written anywhere.
    @unsafe
    static func watch(_ context: OpaquePointer) {
        unsafe SSL_CTX_set_keylog_callback(context) { ssl, line in
            guard let line = unsafe line,
                let session = unsafe TLSBufferBIO.session(of: SSL_get_rbio(ssl))
            else { return }
            let bytes = unsafe UnsafeRawBufferPointer(start: line, count: strlen(line))
            unsafe session.secrets.take(bytes.bindMemory(to: UInt8.self))
        }
    }

    /// Takes a line: a label, the client's random, a secret; other labels are ignored.
    mutating func take(_ line: UnsafeBufferPointer<UInt8>) {
        let fields = unsafe line.split(separator: UInt8(ascii: " "))
        guard unsafe fields.count == 3 else { return }
        let digits = unsafe UnsafeBufferPointer(rebasing: fields[2])
        if unsafe fields[0].elementsEqual("CLIENT_TRAFFIC_SECRET_0".utf8) {
            client = unsafe TLSTrafficSecret(hexadecimal: digits)
        } else if unsafe fields[0].elementsEqual("SERVER_TRAFFIC_SECRET_0".utf8) {
            server = unsafe TLSTrafficSecret(hexadecimal: digits)
        }
    }
}
