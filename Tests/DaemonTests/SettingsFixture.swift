import Daemon

/// A table with a setting of every kind.
enum Sample {
    enum Durability: String, CaseIterable {
        case full
        case relaxed
    }

    static let address = SettingKey.hostPort(
        "listen.address",
        default: HostPort(host: "127.0.0.1", port: 9000),
        "Where clients connect."
    )
    static let connections = SettingKey.integer(
        "listen.connections_max",
        in: 1...100_000,
        default: 10_000,
        "Most connections at a time."
    )
    static let header = SettingKey.bytes(
        "listen.header_bytes_max",
        in: 1024...(1 << 20),
        default: 65_536,
        "Most header bytes of a request."
    )
    static let idle = SettingKey.duration(
        "listen.idle",
        in: .seconds(1)...(.seconds(3600)),
        default: .seconds(75),
        "How long an idle connection is kept."
    )
    static let admin = SettingKey.optionalHostPort("admin.address", "The admin API's address.")
    static let names = SettingKey.list("listen.names", default: ["localhost"], "Host names.")
    static let keyDirectory = SettingKey.path(
        "kms.local.key_dir",
        default: "/var/lib/sealgate/keys",
        "Folder of the local keys."
    )
    static let token = SettingKey.secret("kms.vault.token", "Token for Vault.")
    static let vault = SettingKey.optionalText("kms.vault.url", "Vault's URL.")
    static let region = SettingKey.text("region", default: "us-east-1", "The region's name.")
    static let verify = SettingKey.boolean("store.verify", default: true, "Verify on start.")
    static let durability = SettingKey<Durability>.choice(
        "store.durability",
        default: .full,
        "What is durable when it is acknowledged."
    )

    static let id = SettingKey.text("id", default: "", "Name in policies.").required()
    static let accessKey = SettingKey.text("access_key_id", default: "", "Key id.").required()
    static let secretKey = SettingKey.secret("secret_access_key", "Its secret.").required()
    static let isAdmin = SettingKey.boolean("admin", default: false, "May use the admin API.")
    static let credentials = SettingKey.records(
        "credentials",
        fields: [id, accessKey, secretKey, isAdmin],
        "Who may sign requests."
    )

    static let schema = SettingSchema(
        program: "sealgate",
        sections: ["listen": "Where clients connect."],
        keys: [
            region, address, connections, header, idle, names, admin, keyDirectory, token, vault,
            verify, durability, credentials,
        ]
    )

    /// The problems of a configuration text.
    static func problems(
        _ yaml: String,
        environment: [String: String] = [:],
        flags: [SettingFlag] = []
    ) -> [SettingProblem] {
        do {
            _ = try schema.load(
                yaml: yaml,
                path: "s.yaml",
                environment: environment,
                flags: flags
            )
            return []
        } catch {
            return error.problems
        }
    }
}
