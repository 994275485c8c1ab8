import Daemon
import KMS
import NIOCore
import SecureTransport
import Transport

/// Builds the provider of Vault and OpenBao from the settings.
enum VaultServices {
    private typealias Keys = VaultKMSSettings

    /// What the settings say, each secret to be read when it is needed.
    ///
    /// - Throws: what is missing, and the remedy.
    static func settings(_ settings: Settings) throws(GatewayStartError) -> VaultSettings {
        let address = try address(settings)
        var vault = VaultSettings(
            address: "\(address.isSecure ? "https" : "http")://\(address.authority)",
            authentication: try authentication(settings)
        )
        vault.mountPath = settings[Keys.mountPath]
        vault.metadataMount = settings[Keys.kvMount]
        vault.metadataPrefix = settings[Keys.keyPathPrefix]
        vault.namespace = settings[Keys.namespace]
        return vault
    }

    /// Where the server is.
    ///
    /// - Throws: for anything but TLS to other machines.
    static func address(_ settings: Settings) throws(GatewayStartError) -> BackendURL {
        guard let text = settings[Keys.address] else {
            throw missing("address", "the server's, as https://vault.internal:8200")
        }
        guard let url = BackendURL(text) else {
            throw GatewayStartError(
                "kms.vault.address: \(text) is no address of a server",
                hint: "write https://host:port without a path"
            )
        }
        guard url.isSecure || url.isLoopback else {
            throw GatewayStartError(
                "kms.vault.address: \(text) speaks no TLS, and isn't on this machine",
                hint: "use https://; keys cross this connection in the clear"
            )
        }
        return url
    }

    /// The TLS of the connections; `nil` for plaintext on this machine.
    static func tls(_ settings: Settings) throws(GatewayStartError) -> SecureClientPipeline? {
        let url = try address(settings)
        guard url.isSecure else { return nil }
        do throws(TLSError) {
            let context = try TLSClientContext(
                .init(
                    authoritiesFile: settings[Keys.caFile],
                    certificateFile: settings[Keys.certificateFile],
                    keyFile: settings[Keys.keyFile]
                )
            )
            return SecureClientPipeline(context: context, serverName: url.host)
        } catch {
            throw GatewayStartError(
                error.description,
                hint: "see kms.vault.ca_file, cert_file and key_file"
            )
        }
    }

    private static func authentication(
        _ settings: Settings
    ) throws(GatewayStartError) -> VaultAuthentication {
        let mount = settings[Keys.authMount]
        let role = settings[Keys.role]
        switch settings[Keys.method] {
        case .approle:
            guard let roleID = settings[Keys.roleID] else {
                throw missing("role_id", "the AppRole's")
            }
            guard let secretID = settings[Keys.secretID] else {
                throw missing("secret_id_file", "a file with the AppRole's secret id")
            }
            return .appRole(
                roleID: roleID,
                secretID: secret(secretID),
                mount: mount ?? "approle"
            )
        case .cert:
            guard settings[Keys.certificateFile] != nil else {
                throw missing("cert_file", "the certificate that Sealgate shows, and key_file")
            }
            return .certificate(role: role, mount: mount ?? "cert")
        case .kubernetes:
            guard let role else { throw missing("role", "the role of the Kubernetes method") }
            return .kubernetes(
                role: role,
                token: secret(file: settings[Keys.jwtFile], isShared: true),
                mount: mount ?? "kubernetes"
            )
        case .token:
            guard let token = settings[Keys.token] else {
                throw missing("token_file", "a file with the token, or choose another auth_method")
            }
            return .token(secret(token))
        }
    }

    private static func secret(_ secret: SecretText) -> KMSSecret {
        if let file = secret.file { return self.secret(file: file, isShared: false) }
        return KMSSecret { () throws(KMSError) in secret.bytes }
    }

    private static func secret(file: String, isShared: Bool) -> KMSSecret {
        KMSSecret { () throws(KMSError) in
            do throws(SecretFileError) {
                return try SecretText(file: file, isShared: isShared).bytes
            } catch {
                throw .misconfigured("\(file): \(error.reason)")
            }
        }
    }

    private static func missing(_ name: String, _ what: String) -> GatewayStartError {
        GatewayStartError("kms.vault.\(name) is missing", hint: "set it to \(what)")
    }
}
