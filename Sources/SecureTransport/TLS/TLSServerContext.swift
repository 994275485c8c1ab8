internal import COpenSSL
public import Encoding
internal import Synchronization

/// The certificate, key and rules that a server's TLS connections are made with.
///
/// TLS 1.3 and 1.2, the latter with forward secrecy and AEAD only; ALPN `h2`, then `http/1.1`.
/// Safe to use from every event loop; `reload()` swaps the files' content for new connections.
public final class TLSServerContext: Sendable {
    /// What is asked of clients.
    public enum ClientCertificate: Sendable {
        /// No certificate is asked for.
        case none
        /// A certificate is asked for and verified where one is sent.
        case optional
        /// Clients without a valid certificate are refused.
        case required
    }

    /// The files and rules of a context.
    public struct Configuration: Sendable {
        /// PEM file: the server's certificate, then the chain up to the root.
        public var certificateFile: String
        /// PEM file of the private key, unencrypted, readable by its owner only.
        public var keyFile: String
        /// PEM file of the authorities that client certificates must come from.
        public var clientCAFile: String?
        /// What is asked of clients; anything but `.none` needs `clientCAFile`.
        public var clientCertificate: ClientCertificate
        /// The application protocols offered, the preferred first.
        public var applicationProtocols: [String]
        /// Whether records of TLS 1.3 with AES-GCM are made without OpenSSL's copies.
        public var makesRecords: Bool

        /// A configuration from its parts.
        public init(
            certificateFile: String,
            keyFile: String,
            clientCAFile: String? = nil,
            clientCertificate: ClientCertificate = .none,
            applicationProtocols: [String] = ["h2", "http/1.1"],
            makesRecords: Bool = true
        ) {
            self.certificateFile = certificateFile
            self.keyFile = keyFile
            self.clientCAFile = clientCAFile
            self.clientCertificate = clientCertificate
            self.applicationProtocols = applicationProtocols
            self.makesRecords = makesRecords
        }
    }

    private struct Loaded: Sendable {
        var library: TLSLibraryContext
        var certificate: TLSCertificateSummary
    }

    private let configuration: Configuration
    private let loaded: Mutex<Loaded>

    /// A context from files.
    ///
    /// - Throws: `.certificateUnreadable`, `.keyUnreadable`, `.keyFileExposed`, `.keyMismatch`,
    ///   `.authoritiesUnreadable`, `.libraryFailure`.
    public init(_ configuration: Configuration) throws(TLSError) {
        self.configuration = configuration
        loaded = Mutex(try Self.load(configuration))
    }

    /// Reads the files again and uses them for connections made from now on.
    ///
    /// Connections that exist keep what they have. Where the new files can't be used, the old
    /// content stays in use.
    ///
    /// - Throws: what `init(_:)` throws.
    public func reload() throws(TLSError) {
        let fresh = try Self.load(configuration)
        loaded.withLock { $0 = fresh }
    }

    /// The SHA-256 of the certificate in use, 64 lower-case hexadecimal digits.
    public var certificateFingerprint: String {
        loaded.withLock { $0.certificate.fingerprint }
    }

    /// When the certificate in use expires.
    public var certificateNotAfter: Timestamp { loaded.withLock { $0.certificate.notAfter } }

    func makeSession() throws(TLSError) -> TLSSession {
        try TLSSession(loaded.withLock { $0.library }, role: .server)
    }

    private static func load(_ configuration: Configuration) throws(TLSError) -> Loaded {
        let library = try TLSLibraryContext(
            role: .server,
            applicationProtocols: configuration.applicationProtocols,
            makesRecords: configuration.makesRecords
        )
        let certificate = try library.useCertificate(
            configuration.certificateFile,
            key: configuration.keyFile
        )
        if configuration.clientCertificate != .none {
            guard let path = configuration.clientCAFile else {
                throw .authoritiesUnreadable(path: "", reason: "no file of client CAs given")
            }
            try library.verifyClients(
                authorities: path,
                required: configuration.clientCertificate == .required
            )
        }
        return Loaded(library: library, certificate: certificate)
    }
}
