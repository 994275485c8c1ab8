/// Whom a client trusts and who it says it is.
///
/// TLS 1.3 and 1.2; ALPN `http/1.1`; certificates are always verified, with the server's name.
public final class TLSClientContext: Sendable {
    /// The files of a context.
    public struct Configuration: Sendable {
        /// PEM file of the authorities trusted; `nil` for the system's.
        public var authoritiesFile: String?
        /// PEM file of the client's certificate and chain, where the server asks for one.
        public var certificateFile: String?
        /// PEM file of the certificate's private key, readable by its owner only.
        public var keyFile: String?

        /// A configuration from its parts.
        public init(
            authoritiesFile: String? = nil,
            certificateFile: String? = nil,
            keyFile: String? = nil
        ) {
            self.authoritiesFile = authoritiesFile
            self.certificateFile = certificateFile
            self.keyFile = keyFile
        }
    }

    private let library: TLSLibraryContext

    /// A context from files.
    ///
    /// - Throws: `.authoritiesUnreadable`, `.certificateUnreadable`, `.keyUnreadable`,
    ///   `.keyFileExposed`, `.keyMismatch`, `.libraryFailure`.
    public init(_ configuration: Configuration) throws(TLSError) {
        library = try TLSLibraryContext(role: .client, applicationProtocols: ["http/1.1"])
        try library.verifyServers(authorities: configuration.authoritiesFile)
        switch (configuration.certificateFile, configuration.keyFile) {
        case (nil, nil): break
        case (let certificate?, let key?): _ = try library.useCertificate(certificate, key: key)
        case (let certificate?, nil):
            throw .keyUnreadable(path: "", reason: "no key given for \(certificate)")
        case (nil, let key?):
            throw .certificateUnreadable(path: "", reason: "no certificate given for \(key)")
        }
    }

    func makeSession(serverName: String) throws(TLSError) -> TLSSession {
        let session = try TLSSession(library, role: .client)
        try session.expect(serverName: serverName)
        return session
    }
}
