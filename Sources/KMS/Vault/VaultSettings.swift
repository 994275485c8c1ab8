/// Where a Vault or OpenBao server keeps Sealgate's keys, and who Sealgate is there.
public struct VaultSettings: Sendable {
    /// The server's address, for status answers.
    public var address: String
    /// Who Sealgate is.
    public var authentication: VaultAuthentication
    /// Where the transit engine is mounted.
    public var mountPath = "transit"
    /// Where the KV engine, version 2, is mounted that keeps descriptions, labels and dates of
    /// deletion; without one a key has none of them.
    public var metadataMount: String?
    /// The path below it.
    public var metadataPrefix = "sealgate/keys"
    /// The namespace of everything, as `team/a`; `nil` for the root.
    public var namespace: String?

    /// Settings from their parts.
    public init(address: String, authentication: VaultAuthentication) {
        self.address = address
        self.authentication = authentication
    }

    /// Nothing where every path is one that can stand in a URL.
    ///
    /// - Throws: `.misconfigured`.
    public func check() throws(KMSError) {
        let paths = [mountPath, metadataMount, metadataPrefix, namespace, authentication.mount]
        for path in paths.compactMap({ $0 }) {
            let segments = path.split(separator: "/", omittingEmptySubsequences: false)
            for segment in segments {
                guard VaultName.isAllowed(segment) else {
                    throw .misconfigured("\(path) is no path of the KMS: write it as a/b")
                }
            }
        }
    }
}

/// How Sealgate proves to Vault or OpenBao who it is.
public enum VaultAuthentication: Sendable {
    /// An AppRole: the role's id, and a secret id.
    case appRole(roleID: String, secretID: KMSSecret, mount: String = "approle")
    /// The certificate of the TLS connection; `role` narrows which of the server's it may be.
    case certificate(role: String?, mount: String = "cert")
    /// A Kubernetes service account's token.
    case kubernetes(role: String, token: KMSSecret, mount: String = "kubernetes")
    /// A token that somebody else made, and perhaps renews in a file.
    case token(KMSSecret)

    /// The method's name in settings and status answers.
    public var name: String {
        switch self {
        case .appRole: "approle"
        case .certificate: "cert"
        case .kubernetes: "kubernetes"
        case .token: "token"
        }
    }

    var mount: String? {
        switch self {
        case .appRole(_, _, let mount), .certificate(_, let mount), .kubernetes(_, _, let mount):
            mount
        case .token: nil
        }
    }
}

/// Names in paths of Vault and OpenBao.
enum VaultName {
    /// `A-Z a-z 0-9 _ . -`, the first and the last of them none of `. -`: at most 128.
    static func isAllowed(_ name: some StringProtocol) -> Bool {
        let bytes = Array(name.utf8)
        guard (1...128).contains(bytes.count), let first = bytes.first, let last = bytes.last,
            bytes.allSatisfy({ isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") })
        else { return false }
        return isWord(first) && isWord(last)
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"): true
        default: false
        }
    }
}
