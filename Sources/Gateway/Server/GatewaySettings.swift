public import Daemon

/// The table of the gateway's settings: each with its default, bounds and meaning.
public enum GatewaySettings {
    static let listen = SettingKey.hostPort(
        "listen.address",
        default: HostPort(host: "127.0.0.1", port: 9000),
        "Where S3 clients connect, by TLS; port 0 takes a free one."
    )
    static let domains = SettingKey.list(
        "listen.domains",
        default: ["localhost"],
        "Base domains of virtual-host style requests, bucket.DOMAIN."
    )
    static let regions = SettingKey.list(
        "listen.regions",
        default: ["us-east-1"],
        "Regions whose signatures are taken; the first is told to clients."
    )
    static let signatureVersion2 = SettingKey.boolean(
        "listen.signature_version_2",
        default: false,
        "Whether S3 requests may be signed by Signature Version 2, which covers less of them."
    )
    static let eventLoops = SettingKey.integer(
        "listen.event_loops",
        in: 0...256,
        default: 0,
        "Event loops that serve requests; 0 is one a core."
    )
    static let compatibility = SettingKey<CompatibilityProfile>.choice(
        "compatibility",
        default: .rustfs,
        "Whose answers to give where S3 servers differ."
    )
    static let certificateFile = SettingKey.path(
        "tls.certificate_file",
        default: "",
        "Certificate chain in PEM; read anew on SIGHUP."
    ).required()
    static let keyFile = SettingKey.path(
        "tls.key_file",
        default: "",
        "Private key in PEM, readable by its owner only."
    ).required()
    static let clientCAFile = SettingKey.optionalPath(
        "tls.client_ca_file",
        "Authorities whose client certificates are taken; none asked for when left out."
    )
    static let clientCertificate = SettingKey.choice(
        "tls.client_certificate",
        of: ["optional", "required"],
        default: "required",
        "Whether a client must show a certificate, where tls.client_ca_file is set."
    )
    static let adminListen = SettingKey.hostPort(
        "admin.address",
        default: HostPort(host: "127.0.0.1", port: 9001),
        "Where the admin API, metrics and health are served, by TLS."
    )
    static let healthInterval = SettingKey.duration(
        "admin.health_interval",
        in: .milliseconds(100)...(.seconds(60)),
        default: .seconds(5),
        "The time from one check of /health/ready to the next; tokens of a KMS are renewed then."
    )
    static let backendSocket = SettingKey.path(
        "backend.socket",
        default: "/run/sealgate/store.sock",
        "Unix socket of sealgate-store."
    )
    static let backendURL = SettingKey.optionalText(
        "backend.url",
        "A foreign S3 engine instead, as https://host:port."
    )
    static let backendCAFile = SettingKey.optionalPath(
        "backend.ca_file",
        "Authorities that the foreign engine's certificate is checked against; else the system's."
    )
    static let backendRegion = SettingKey.text(
        "backend.region",
        default: "us-east-1",
        "Region that requests to the foreign engine are signed for."
    )
    static let backendAccessKey = SettingKey.optionalText(
        "backend.access_key_id",
        "Access key id for the foreign engine."
    )
    static let backendSecretKey = SettingKey.secret(
        "backend.secret_access_key",
        "Secret access key for the foreign engine."
    )
    static let backendPlaintext = SettingKey.boolean(
        "backend.allow_plaintext",
        default: false,
        "Whether a foreign engine on another machine may be spoken to without TLS."
    )
    static let backendReservedBucket = SettingKey.text(
        "backend.reserved_bucket",
        default: "sealgate-records",
        "Bucket of the foreign engine for key records and part tables; clients can't name it."
    )
    static let defaultMode = SettingKey.choice(
        "encryption.default",
        of: ["sse-s3", "sse-kms", "none"],
        default: "sse-s3",
        "How an object is encrypted when neither its request nor its bucket says; none refuses it."
    )
    static let credentialID = SettingKey.text("id", default: "", "Owner's id.").required()
    static let credentialName = SettingKey.text("display_name", default: "", "Owner's name.")
    static let credentialAccessKey = SettingKey.text(
        "access_key_id",
        default: "",
        "Access key id."
    ).required()
    static let credentialSecret = SettingKey.secret("secret_access_key", "Secret access key.")
    static let credentialAdmin = SettingKey.boolean(
        "admin",
        default: false,
        "Whether it may use the admin API."
    )
    static let credentialPolicy = SettingKey.optionalPath(
        "policy_file",
        "Policy in JSON that says what it may do; everything when left out."
    )
    static let credentialRoles = SettingKey.list(
        "kms_roles",
        default: [],
        "Ready rights on KMS keys: key-administrator, key-user, auditor; beside policy_file."
    )
    static let credentials = SettingKey.records(
        "credentials",
        fields: [
            credentialID, credentialName, credentialAccessKey, credentialSecret, credentialAdmin,
            credentialPolicy, credentialRoles,
        ],
        "Who may send requests."
    )

    /// The whole table.
    public static let schema = SettingSchema(
        program: "sealgate",
        sections: [
            "listen": "S3 over TLS, for clients.",
            "compatibility": "What differs between S3 servers.",
            "tls": "The server's certificate, on both listeners.",
            "crypto": "Whose cryptography is used.",
            "admin": "The admin listener: KMS API, metrics, health.",
            "backend": "Where ciphertext goes.",
            "encryption": "How objects are encrypted.",
            "credentials": "Who may send requests.",
            "kms": "Where keys come from.",
            "limits": "What one gateway takes on; each limit has a metric.",
            "audit": "The audit stream.",
            "log": "The log, on standard error.",
        ],
        keys: [
            listen, domains, regions, signatureVersion2, eventLoops, compatibility,
            certificateFile, keyFile, clientCAFile, clientCertificate, CryptoSettings.accelerator,
            DigestThreads.count, adminListen, healthInterval, backendSocket, backendURL,
            backendCAFile, backendRegion, backendAccessKey, backendSecretKey, backendPlaintext,
            backendReservedBucket, defaultMode, credentials,
        ] + GatewayKMSSettings.keys + GatewayLimitSettings.keys + AuditSettings.keys
            + [LogSettings.level]
    )
}

/// Whose answers to give where S3 servers differ (docs/reference/s3-compatibility.md).
public enum CompatibilityProfile: String, CaseIterable, Sendable {
    /// As the RustFS documentation promises.
    case rustfs
    /// As AWS answers.
    case aws
}
