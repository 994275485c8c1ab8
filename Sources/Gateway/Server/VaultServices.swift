import Daemon
import KMS
import SecureTransport

/// Builds the provider of Vault and OpenBao from the settings.
enum VaultServices {
    private typealias Keys = VaultKMSSettings

    /// What the settings say, each secret to be read when it is needed.
    ///
    /// - Throws: what is missing, and the remedy.
    static func settings(_ settings: Settings) throws(GatewayStartError) -> VaultSettings {
        let address = try address(settings)
        var vault = VaultSettings(
            address: address.text,
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
        return try KeyServices.address(text, of: Keys.address)
    }

    /// Whom the connections trust, and the certificate that they show.
    static func tls(_ settings: Settings) -> TLSClientContext.Configuration {
        .init(
            authoritiesFile: settings[Keys.caFile],
            certificateFile: settings[Keys.certificateFile],
            keyFile: settings[Keys.keyFile]
        )
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
                secretID: KMSSecret(secretID),
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
                token: KMSSecret(file: settings[Keys.jwtFile], isShared: true),
                mount: mount ?? "kubernetes"
            )
        case .token:
            guard let token = settings[Keys.token] else {
                throw missing("token_file", "a file with the token, or choose another auth_method")
            }
            return .token(KMSSecret(token))
        }
    }

    private static func missing(_ name: String, _ what: String) -> GatewayStartError {
        GatewayStartError("kms.vault.\(name) is missing", hint: "set it to \(what)")
    }
}
