import Daemon
import Testing

@testable import Gateway

/// RustFS's variables.
struct RustFSNamesTests {
    @Test("become Sealgate's own, which win where they are there too")
    func names() throws {
        let theirs = [
            "RUSTFS_KMS_ENABLE": "true", "RUSTFS_KMS_BACKEND": "vault",
            "RUSTFS_KMS_DEFAULT_KEY_ID": "a", "RUSTFS_KMS_KEY_DIR": "/k",
            "RUSTFS_KMS_VAULT_ADDRESS": "https://v:8200", "RUSTFS_KMS_VAULT_TOKEN": "hidden",
            "SEALGATE_KMS_DEFAULT_KEY_ID": "b", "SEALGATE_TLS_CERTIFICATE_FILE": "/c",
            "SEALGATE_TLS_KEY_FILE": "/p",
        ]
        let settings = try GatewaySettings.schema.load(
            file: nil,
            environment: try RustFSNames.translated(theirs)
        )
        #expect(settings[GatewayKMSSettings.backendType] == "vault")
        #expect(settings[GatewayKMSSettings.defaultKeyID] == "b")
        #expect(settings[GatewayKMSSettings.localDirectory] == "/k")
        #expect(settings[VaultKMSSettings.address] == "https://v:8200")
        #expect(settings[VaultKMSSettings.token] == SecretText("hidden"))
        #expect(settings.warnings == [])
        let file = ["RUSTFS_KMS_VAULT_TOKEN": "x", "SEALGATE_KMS_VAULT_TOKEN_FILE": "/t"]
        #expect(try RustFSNames.translated(file) == file)
    }

    @Test("don't switch the KMS off")
    func off() {
        #expect(throws: SettingsError.self) {
            try RustFSNames.translated(["RUSTFS_KMS_ENABLE": "false"])
        }
    }
}
