import Testing

@testable import Daemon

/// No way leads from a secret setting into a text.
@Suite
struct SecretTextTests {
    private let secret = "hunter2-hunter2"

    @Test("a secret's descriptions, mirror and dump hold nothing of it")
    func descriptions() {
        let text = SecretText(secret)
        var dumped = ""
        dump(text, to: &dumped)
        for shown in ["\(text)", String(reflecting: text), String(describing: [text]), dumped] {
            #expect(!shown.contains("hunter2"))
            #expect(!shown.contains("104"))
        }
        #expect(Mirror(reflecting: text).children.isEmpty)
    }

    @Test("settings with secrets don't show them, printed, described or dumped")
    func settings() throws {
        let yaml = """
            kms: { vault: { token: \(secret) } }
            credentials: [{ id: a, access_key_id: b, secret_access_key: \(secret) }]
            """
        let settings = try Sample.schema.load(yaml: yaml, path: "s.yaml")
        var dumped = ""
        dump(settings, to: &dumped)
        let shown = [settings.rendered(), "\(settings)", String(reflecting: settings), dumped]
        for text in shown { #expect(!text.contains("hunter2")) }
        #expect(settings.rendered().contains("kms.vault.token: (secret)"))
    }

    @Test(
        "a wrong secret isn't quoted in the error",
        arguments: [
            "kms: { vault: { token: [hunter2] } }", "kms: { vault: { token: \"hunter2\\t\" } }",
            "kms: { vault: { token: hunter2, token_file: x } }",
            "credentials: [{ id: a, access_key_id: b, secret_access_key: \"hunter2\\n\" }]",
            "kms: { vault: { token: \"hunter2 } }", "kms: { vault: { token: @hunter2 } }",
            "kms: { vault: { token: *hunter2 } }",
        ]
    )
    func errors(yaml: String) {
        let problems = Sample.problems(yaml)
        #expect(!problems.isEmpty)
        let lines = SettingsError(problems: problems).lines(program: "sealgate")
        #expect(!lines.joined().contains("hunter2"))
        #expect(!"\(problems)".contains("hunter2"))
    }

    @Test("a secret on the command line is refused without being quoted")
    func commandLine() {
        let flags = [SettingFlag(name: "--kms-vault-token", value: secret)]
        let problems = Sample.problems("", flags: flags)
        #expect(problems == [.secretOnCommandLine(flag: "--kms-vault-token")])
        #expect(problems.allSatisfy { !"\($0.message)\($0.hint)".contains("hunter2") })
    }

    @Test("a secret comes from a file of mode 0600, its line feed left off")
    func file() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(secret + "\n", to: "token")
        let flags = [SettingFlag(name: "--kms-vault-token-file", value: path)]
        let settings = try Sample.schema.load(file: nil, flags: flags)
        #expect(settings[Sample.token] == SecretText(secret))
        let environment = ["SEALGATE_KMS_VAULT_TOKEN_FILE": path]
        let other = try Sample.schema.load(file: nil, environment: environment)
        #expect(other[Sample.token] == SecretText(secret))
    }

    @Test("a secret's file that others may read is refused with the remedy")
    func unsafeFile() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write(secret, to: "token", mode: 0o640)
        let problems = Sample.problems("kms: { vault: { token_file: \(path) } }")
        let place = SettingPlace.file(path: "s.yaml", line: 1)
        #expect(problems == [.secretFileUnsafe(place, path: path, mode: "0640")])
        #expect(problems.first?.hint == "chmod 600 \(path)")
    }

    @Test("a secret's file that is empty, too long or not there is refused")
    func badFile() throws {
        let folder = try TemporaryFolder()
        let place = SettingPlace.file(path: "s.yaml", line: 1)
        for content in ["\n", String(repeating: "a", count: 65_537)] {
            let path = try folder.write(content, to: "token")
            let problems = Sample.problems("kms: { vault: { token_file: \(path) } }")
            #expect(problems == [.secretFileSize(place, path: path)])
        }
        let none = folder.path + "/none"
        #expect(
            Sample.problems("kms: { vault: { token_file: \(none) } }") == [
                .secretFileUnreadable(place, path: none, reason: "No such file or directory")
            ]
        )
    }

    @Test("a secret given itself and as a file in one source is refused")
    func twice() {
        let place = SettingPlace.file(path: "s.yaml", line: 1)
        #expect(
            Sample.problems("kms: { vault: { token: a, token_file: b } }") == [
                .secretTwice(place, key: "kms.vault.token")
            ]
        )
    }

    @Test("a later source replaces a secret's file without reading it")
    func replaced() throws {
        let settings = try Sample.schema.load(
            yaml: "kms: { vault: { token_file: /nonexistent } }",
            path: "s.yaml",
            environment: ["SEALGATE_KMS_VAULT_TOKEN": secret]
        )
        #expect(settings[Sample.token] == SecretText(secret))
    }
}
