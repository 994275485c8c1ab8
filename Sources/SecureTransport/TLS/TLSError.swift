/// What a TLS context, handshake or connection may fail with; no case carries a secret.
public enum TLSError: Error, Equatable, Sendable {
    /// The certificate chain can't be read or parsed.
    case certificateUnreadable(path: String, reason: String)
    /// The file of certification authorities can't be read or parsed.
    case authoritiesUnreadable(path: String, reason: String)
    /// A `FileRegion` was written: the kernel can't send plaintext files over TLS.
    case fileRegionRefused
    /// The handshake failed; the reason in OpenSSL's words.
    case handshakeFailed(reason: String)
    /// The handshake wasn't complete within its deadline.
    case handshakeTimedOut
    /// The private key isn't the certificate's.
    case keyMismatch(certificatePath: String, keyPath: String)
    /// Group or others may read or change the private key's file; `mode` is its permission bits.
    case keyFileExposed(path: String, mode: UInt32)
    /// The private key can't be read or parsed, or is encrypted.
    case keyUnreadable(path: String, reason: String)
    /// OpenSSL refused what its arguments allow: out of memory or misconfigured.
    case libraryFailure(reason: String)
    /// The peer's certificate isn't trusted or isn't for the name; the reason in words.
    case peerNotTrusted(reason: String)
    /// An established connection broke TLS's rules or a record was tampered with.
    case protocolFailed(reason: String)
    /// The peer's name is neither a DNS name nor an IP address.
    case serverNameInvalid(String)
    /// The connection ended without the peer's close_notify: what came may be cut short.
    case truncated
}

extension TLSError: CustomStringConvertible {
    /// What happened and, where there is one, the remedy; one line, lower case, no stop.
    public var description: String {
        switch self {
        case .certificateUnreadable(let path, let reason):
            "certificate \(path) can't be read: \(reason)"
        case .authoritiesUnreadable(let path, let reason):
            "certification authorities \(path) can't be read: \(reason)"
        case .fileRegionRefused: "a file region can't be sent over TLS"
        case .handshakeFailed(let reason): "TLS handshake failed: \(reason)"
        case .handshakeTimedOut: "TLS handshake not complete in time"
        case .keyMismatch(let certificatePath, let keyPath):
            "the key \(keyPath) isn't the key of the certificate \(certificatePath)"
        case .keyFileExposed(let path, let mode):
            "the key \(path) has mode 0\(String(mode, radix: 8)): others may read it; "
                + "run: chmod 600 '\(path)'"
        case .keyUnreadable(let path, let reason): "key \(path) can't be read: \(reason)"
        case .libraryFailure(let reason): "OpenSSL failed: \(reason)"
        case .peerNotTrusted(let reason): "peer not trusted: \(reason)"
        case .protocolFailed(let reason): "TLS connection failed: \(reason)"
        case .serverNameInvalid(let name): "not a host name or IP address: \(name)"
        case .truncated: "connection ended without close_notify"
        }
    }
}
