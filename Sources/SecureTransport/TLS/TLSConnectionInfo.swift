/// What a handshake agreed on.
public struct TLSConnectionInfo: Equatable, Sendable {
    /// The protocol version, as `TLSv1.3`.
    public var version: String
    /// The cipher suite, as `TLS_AES_256_GCM_SHA384`.
    public var cipher: String
    /// The application protocol (RFC 7301), as `h2`; `nil` where the client offered none.
    public var applicationProtocol: String?
    /// The subject of the peer's verified certificate in RFC 2253's form, where it sent one.
    public var peerCertificateSubject: String?

    /// The result of a handshake from its parts.
    public init(
        version: String,
        cipher: String,
        applicationProtocol: String? = nil,
        peerCertificateSubject: String? = nil
    ) {
        self.version = version
        self.cipher = cipher
        self.applicationProtocol = applicationProtocol
        self.peerCertificateSubject = peerCertificateSubject
    }

    /// Before the handshake is complete.
    static let none = TLSConnectionInfo(version: "", cipher: "")
}
