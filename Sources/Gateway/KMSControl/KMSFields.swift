import Daemon
import Encoding
import KMS

/// The document of `POST /kms/configure` and `/kms/reconfigure`, as changes of settings.
///
/// Its members stand side by side as RustFS has them; which of them belong to the backend follows
/// from `backend_type`, the document's own or the one in force.
enum KMSFields {
    private static let common: [String: String] = [
        "backend_type": "kms.backend_type", "default_key_id": "kms.default_key_id",
        "enable_cache": "kms.enable_cache", "max_cached_keys": "kms.max_cached_keys",
        "retry_attempts": "kms.retry_attempts",
    ]
    private static let seconds: [String: String] = [
        "cache_ttl_seconds": "kms.cache_ttl", "timeout_seconds": "kms.timeout",
    ]
    private static let backends: [String: Set<String>] = [
        "aws": [
            "access_key_id", "ca_file", "credentials", "endpoint", "metadata_endpoint", "region",
            "role_arn", "role_session_name", "secret_access_key", "secret_access_key_file",
            "session_token", "session_token_file", "sts_endpoint", "web_identity_token_file",
        ],
        "local": ["key_dir", "master_key", "master_key_file", "passphrase_file"],
        "vault": [
            "address", "auth_mount", "ca_file", "cert_file", "jwt_file", "key_file",
            "key_path_prefix", "kv_mount", "mount_path", "namespace", "role", "role_id",
            "secret_id", "secret_id_file", "token", "token_file",
        ],
    ]
    /// What each method's object may hold.
    private static let methods: [String: Set<String>] = [
        "approle": ["mount", "role_id", "secret_id", "secret_id_file"],
        "cert": ["cert_file", "key_file", "mount", "role"],
        "kubernetes": ["jwt_file", "mount", "role"],
        "token": ["token", "token_file"],
    ]

    /// The changes that a document asks for.
    ///
    /// - Throws: 400 that names the member that isn't known or has a wrong value, never the value.
    static func changes(
        _ members: [JSONMember],
        backend: String
    ) throws(KMSAdminError) -> [SettingChange] {
        let given = members.first { $0.name == "backend_type" }?.value
        let backend = given?.string ?? backend
        var changes: [SettingChange] = []
        for member in members {
            if let name = common[member.name] {
                changes.append(SettingChange(name, try text(member)))
            } else if let name = seconds[member.name] {
                guard let number = member.value.integer else { throw wrong(member) }
                changes.append(SettingChange(name, "\(number)s"))
            } else if backends[backend]?.contains(member.name) == true {
                changes.append(SettingChange("kms.\(backend).\(member.name)", try text(member)))
            } else {
                changes += try special(member, backend)
            }
        }
        let hasMaster = changes.contains { $0.name.hasPrefix("kms.local.master_key") }
        let hasPassphrase = changes.contains { $0.name == "kms.local.passphrase_file" }
        // One of the two makes the master key; the one given last.
        if hasMaster, !hasPassphrase { changes.append(.init("kms.local.passphrase_file", "")) }
        return changes
    }

    private static func special(
        _ member: JSONMember,
        _ backend: String
    ) throws(KMSAdminError) -> [SettingChange] {
        switch (backend, member.name) {
        case ("vault", "auth_method"): return try method(member)
        case ("vault", "skip_tls_verify"):
            guard member.value == false else {
                throw .invalidRequest("skip_tls_verify must be false; give ca_file instead")
            }
            return []
        case ("local", "file_permissions"):
            guard member.value == 0o600 else {
                throw .invalidRequest("file_permissions must be 384, which is 0600 in octal")
            }
            return []
        default:
            throw .invalidRequest("unknown field \(member.name) of backend \(backend)")
        }
    }

    /// `"approle"`, or `{"approle":{…}}`, or `{"token":"…"}`.
    private static func method(_ member: JSONMember) throws(KMSAdminError) -> [SettingChange] {
        if let name = member.value.string { return [SettingChange("kms.vault.auth_method", name)] }
        guard let only = member.value.object?.first, member.value.object?.count == 1,
            let known = methods[only.name]
        else {
            throw .invalidRequest(
                "auth_method must be an object of one of approle, cert, kubernetes, token"
            )
        }
        var changes = [SettingChange("kms.vault.auth_method", only.name)]
        if only.name == "token", only.value.string != nil {
            return changes + [SettingChange("kms.vault.token", try text(only))]
        }
        guard let fields = only.value.object else { throw wrong(member) }
        for field in fields {
            guard known.contains(field.name) else {
                throw .invalidRequest("unknown field auth_method.\(only.name).\(field.name)")
            }
            let name = field.name == "mount" ? "auth_mount" : field.name
            changes.append(SettingChange("kms.vault.\(name)", try text(field)))
        }
        return changes
    }

    private static func text(_ member: JSONMember) throws(KMSAdminError) -> String {
        switch member.value {
        case .string(let text): return text
        case .integer(let number): return "\(number)"
        case .boolean(let value): return value ? "true" : "false"
        case .null: return ""
        case .number, .array, .object: throw wrong(member)
        }
    }

    private static func wrong(_ member: JSONMember) -> KMSAdminError {
        .invalidRequest("\(member.name) has a value of a wrong kind")
    }
}
