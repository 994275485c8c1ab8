import Crypto
import Daemon
import Policy

extension Credential {
    /// The credentials of the settings; at least one, each access key id once.
    static func list(_ settings: Settings) throws(GatewayStartError) -> [Credential] {
        var credentials: [Credential] = []
        var seen: Set<String> = []
        for record in settings[GatewaySettings.credentials] {
            let accessKeyID = record[GatewaySettings.credentialAccessKey]
            guard seen.insert(accessKeyID).inserted else {
                throw GatewayStartError(
                    "credentials: the access key id \(accessKeyID) is there twice",
                    hint: "give each entry an access_key_id of its own"
                )
            }
            credentials.append(try credential(record, accessKeyID))
        }
        guard !credentials.isEmpty else {
            throw GatewayStartError(
                "credentials: there are none, so nobody could send a request",
                hint: "add an entry with id, access_key_id and secret_access_key_file"
            )
        }
        return credentials
    }

    private static func credential(
        _ record: SettingRecord,
        _ accessKeyID: String
    ) throws(GatewayStartError) -> Credential {
        guard let secret = record[GatewaySettings.credentialSecret], !secret.isEmpty else {
            throw GatewayStartError(
                "credentials: \(accessKeyID) has no secret_access_key",
                hint: "add secret_access_key_file with the path of a file of mode 0600"
            )
        }
        let policy = try rights(record, accessKeyID)
        let id = record[GatewaySettings.credentialID]
        let name = record[GatewaySettings.credentialName]
        do throws(CryptoError) {
            return Credential(
                id: id,
                displayName: name.isEmpty ? id : name,
                accessKeyID: accessKeyID,
                isAdmin: record[GatewaySettings.credentialAdmin],
                policy: policy,
                secret: try SecretBytes(copying: secret.bytes.span)
            )
        } catch {
            throw GatewayStartError(
                "no locked memory for the secret of \(accessKeyID)",
                hint: "raise the limit of locked memory (ulimit -l)"
            )
        }
    }

    /// What a credential may do: what its policy and its roles allow together; everything where
    /// it has neither.
    private static func rights(
        _ record: SettingRecord,
        _ accessKeyID: String
    ) throws(GatewayStartError) -> PolicyDocument? {
        var documents: [PolicyDocument] = []
        if let policy = try policy(record, accessKeyID) { documents.append(policy) }
        for name in record[GatewaySettings.credentialRoles] {
            guard let role = KeyRole(rawValue: name) else {
                throw GatewayStartError(
                    "credentials: \(name) in kms_roles of \(accessKeyID) is no role",
                    hint: "roles are \(KeyRole.allCases.map(\.rawValue).joined(separator: ", "))"
                )
            }
            documents.append(role.policy)
        }
        return documents.isEmpty ? nil : PolicyDocument(joining: documents)
    }

    private static func policy(
        _ record: SettingRecord,
        _ accessKeyID: String
    ) throws(GatewayStartError) -> PolicyDocument? {
        guard let path = record[GatewaySettings.credentialPolicy] else { return nil }
        let json: [UInt8]
        do throws(SettingFileError) {
            json = try SettingFile.read(path, bytesMax: PolicyDocument.byteCountMax)
        } catch {
            throw GatewayStartError(
                "credentials: the policy of \(accessKeyID), \(path), can't be read: "
                    + error.reason,
                hint: "policy_file is the path of a JSON document of at most 20 KiB"
            )
        }
        do throws(PolicyError) {
            return try PolicyDocument(json: json, of: .credential)
        } catch {
            throw GatewayStartError(
                "credentials: the policy of \(accessKeyID), \(path), isn't one: "
                    + error.explanation,
                hint: "docs/guides/policies.md has examples"
            )
        }
    }
}
