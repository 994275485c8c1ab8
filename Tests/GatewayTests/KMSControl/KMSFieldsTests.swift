import Daemon
import Encoding
import KMS
import Testing

@testable import Gateway

/// Documents of `POST /kms/reconfigure`.
struct KMSFieldsTests {
    private func changes(_ json: String, backend: String = "local") throws -> [String: String] {
        let members = try JSONValue(reading: Array(json.utf8)).object ?? []
        let changes = try KMSFields.changes(members, backend: backend)
        return Dictionary(uniqueKeysWithValues: changes.map { ($0.name, $0.text) })
    }

    @Test(
        "names each setting",
        arguments: [
            (#"{"timeout_seconds":7}"#, ["kms.timeout": "7s"]),
            (
                #"{"enable_cache":false,"max_cached_keys":9}"#,
                ["kms.enable_cache": "false", "kms.max_cached_keys": "9"]
            ),
            (
                #"{"key_dir":"/k","master_key_file":"/m"}"#,
                [
                    "kms.local.key_dir": "/k", "kms.local.master_key_file": "/m",
                    "kms.local.passphrase_file": "",
                ]
            ),
            (
                #"{"backend_type":"vault","auth_method":{"token":"t"},"namespace":null}"#,
                [
                    "kms.backend_type": "vault", "kms.vault.auth_method": "token",
                    "kms.vault.token": "t", "kms.vault.namespace": "",
                ]
            ),
            (
                #"{"backend_type":"vault","auth_method":{"cert":{"cert_file":"/c","mount":"m"}}}"#,
                [
                    "kms.backend_type": "vault", "kms.vault.auth_method": "cert",
                    "kms.vault.cert_file": "/c", "kms.vault.auth_mount": "m",
                ]
            ),
            (
                #"{"backend_type":"aws","region":"eu-1"}"#,
                ["kms.backend_type": "aws", "kms.aws.region": "eu-1"]
            ),
            (#"{"file_permissions":384}"#, [:]),
        ]
    )
    func names(json: String, expected: [String: String]) throws {
        #expect(try changes(json) == expected)
    }

    @Test(
        "refuses what isn't known, and shows no value",
        arguments: [
            #"{"address":"hidden"}"#, #"{"key_dir":["hidden"]}"#,
            #"{"backend_type":"vault","auth_method":{"ldap":{"x":"hidden"}}}"#,
            #"{"backend_type":"vault","auth_method":{"token":{"secret":"hidden"}}}"#,
            #"{"backend_type":"vault","skip_tls_verify":true}"#,
            #"{"file_permissions":420}"#, #"{"timeout_seconds":"hidden"}"#,
        ]
    )
    func refuses(json: String) throws {
        let error = #expect(throws: KMSAdminError.self) { try changes(json) }
        #expect(error?.status == 400)
        #expect(error?.message.contains("hidden") == false)
    }

    @Test("keeps the last of the changes to a setting, and reads them back")
    func merges() throws {
        let old = [SettingChange("kms.vault.token", "a"), SettingChange("kms.timeout", "1s")]
        let new = [SettingChange("kms.vault.token_file", "/t")]
        let merged = KMSBackends.merged(old, new)
        #expect(merged.map(\.name) == ["kms.timeout", "kms.vault.token_file"])
        #expect("\(old)".contains("\"a\"") == false)
    }
}
