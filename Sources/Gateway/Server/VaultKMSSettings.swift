import Daemon

/// The settings of Vault and OpenBao.
enum VaultKMSSettings {
    /// How Sealgate proves who it is.
    enum Method: String, CaseIterable, Sendable {
        case approle
        case cert
        case kubernetes
        case token
    }

    static let address = SettingKey.optionalText(
        "kms.vault.address",
        "The server, as https://host:8200; http:// only on this machine."
    )
    static let caFile = SettingKey.optionalPath(
        "kms.vault.ca_file",
        "Authorities that the server's certificate is checked against; else the system's."
    )
    static let namespace = SettingKey.optionalText(
        "kms.vault.namespace",
        "Namespace of everything, as team/a."
    )
    static let mountPath = SettingKey.text(
        "kms.vault.mount_path",
        default: "transit",
        "Where the transit engine is mounted."
    )
    static let kvMount = SettingKey.optionalText(
        "kms.vault.kv_mount",
        "Mount of a KV engine, version 2, for descriptions, tags and dates of deletion."
    )
    static let keyPathPrefix = SettingKey.text(
        "kms.vault.key_path_prefix",
        default: "sealgate/keys",
        "Path below kv_mount."
    )
    static let method = SettingKey<Method>.choice(
        "kms.vault.auth_method",
        default: .token,
        "How Sealgate logs in."
    )
    static let authMount = SettingKey.optionalText(
        "kms.vault.auth_mount",
        "Where that method is mounted; its own name when left out."
    )
    static let token = SettingKey.secret(
        "kms.vault.token",
        "Token of auth_method token; its file is read anew when the token ends."
    )
    static let roleID = SettingKey.optionalText(
        "kms.vault.role_id",
        "Role id of auth_method approle."
    )
    static let secretID = SettingKey.secret(
        "kms.vault.secret_id",
        "Secret id of auth_method approle; its file is read anew at each login."
    )
    static let role = SettingKey.optionalText(
        "kms.vault.role",
        "Role of auth_method kubernetes or cert."
    )
    static let jwtFile = SettingKey.path(
        "kms.vault.jwt_file",
        default: "/var/run/secrets/kubernetes.io/serviceaccount/token",
        "Service account token of auth_method kubernetes, read anew at each login."
    )
    static let certificateFile = SettingKey.optionalPath(
        "kms.vault.cert_file",
        "Certificate shown to the server, in PEM; with auth_method cert it is who Sealgate is."
    )
    static let keyFile = SettingKey.optionalPath(
        "kms.vault.key_file",
        "Private key of cert_file, readable by its owner only."
    )

    static let keys: [any SettingDeclaring] = [
        address, caFile, namespace, mountPath, kvMount, keyPathPrefix, method, authMount, token,
        roleID, secretID, role, jwtFile, certificateFile, keyFile,
    ]
}
