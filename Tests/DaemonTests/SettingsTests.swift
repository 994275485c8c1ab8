import Daemon
import Testing

@Suite
struct SettingsTests {
    @Test("without sources every setting has its default")
    func defaults() throws {
        let settings = try Sample.schema.load(file: nil)
        #expect(settings[Sample.address] == HostPort(host: "127.0.0.1", port: 9000))
        #expect(settings[Sample.connections] == 10_000)
        #expect(settings[Sample.idle] == .seconds(75))
        #expect(settings[Sample.admin] == nil)
        #expect(settings[Sample.token] == nil)
        #expect(settings[Sample.durability] == .full)
        #expect(settings[Sample.credentials].isEmpty)
        #expect(settings.place(of: Sample.idle) == .builtIn)
    }

    @Test("the file's values are read with their kinds")
    func file() throws {
        let settings = try Sample.schema.load(
            yaml: """
                region: eu-1
                listen:
                  address: "[::1]:9443"
                  connections_max: 12
                  header_bytes_max: 128KiB
                  idle: 500s
                  names: [a.example, b.example]
                admin: { address: localhost:0 }
                kms:
                  vault: { token: s.abc, url: "" }
                store: { verify: false, durability: relaxed }
                """,
            path: "s.yaml"
        )
        #expect(settings[Sample.region] == "eu-1")
        #expect(settings[Sample.address] == HostPort(host: "::1", port: 9443))
        #expect(settings[Sample.connections] == 12)
        #expect(settings[Sample.header] == 131_072)
        #expect(settings[Sample.idle] == .seconds(500))
        #expect(settings[Sample.names] == ["a.example", "b.example"])
        #expect(settings[Sample.admin] == HostPort(host: "localhost", port: 0))
        #expect(settings[Sample.token] == SecretText("s.abc"))
        #expect(settings[Sample.vault] == nil)
        #expect(settings[Sample.verify] == false)
        #expect(settings[Sample.durability] == .relaxed)
        #expect(settings.place(of: Sample.idle) == .file(path: "s.yaml", line: 6))
    }

    @Test("environment wins over the file, and flags win over both")
    func order() throws {
        let yaml = "listen:\n  idle: 2s\n  connections_max: 2\n  names: [file]\n"
        let settings = try Sample.schema.load(
            yaml: yaml,
            path: "s.yaml",
            environment: ["SEALGATE_LISTEN_IDLE": "3s", "SEALGATE_LISTEN_CONNECTIONS_MAX": "3"],
            flags: [SettingFlag(name: "--listen-idle", value: "4s")]
        )
        #expect(settings[Sample.idle] == .seconds(4))
        #expect(settings[Sample.connections] == 3)
        #expect(settings[Sample.names] == ["file"])
        #expect(settings.place(of: Sample.idle) == .flag("--listen-idle"))
        let variable = SettingPlace.environment("SEALGATE_LISTEN_CONNECTIONS_MAX")
        #expect(settings.place(of: Sample.connections) == variable)
    }

    @Test("a list in the environment is separated by commas")
    func lists() throws {
        let environment = ["SEALGATE_LISTEN_NAMES": "a, b,c"]
        let settings = try Sample.schema.load(file: nil, environment: environment)
        #expect(settings[Sample.names] == ["a", "b", "c"])
    }

    @Test("an unknown variable with our prefix is a warning with the nearest name")
    func unknownVariable() throws {
        let environment = ["SEALGATE_LISTEN_IDEL": "3s", "HOME": "/root"]
        let settings = try Sample.schema.load(file: nil, environment: environment)
        #expect(
            settings.warnings == [
                "SEALGATE_LISTEN_IDEL: no such setting; did you mean SEALGATE_LISTEN_IDLE?"
            ]
        )
    }

    @Test("a list of maps becomes records with typed fields")
    func records() throws {
        let folder = try TemporaryFolder()
        let secret = try folder.write("from-file\n", to: "secret")
        let settings = try Sample.schema.load(
            yaml: """
                credentials:
                  - id: alice
                    access_key_id: AKIA1
                    secret_access_key: inline
                    admin: true
                  - { id: bob, access_key_id: AKIA2, secret_access_key_file: \(secret) }
                """,
            path: "s.yaml"
        )
        let credentials = settings[Sample.credentials]
        try #require(credentials.count == 2)
        #expect(credentials[0][Sample.id] == "alice")
        #expect(credentials[0][Sample.secretKey] == SecretText("inline"))
        #expect(credentials[0][Sample.isAdmin])
        #expect(credentials[1][Sample.accessKey] == "AKIA2")
        #expect(credentials[1][Sample.secretKey] == SecretText("from-file"))
        #expect(!credentials[1][Sample.isAdmin])
    }

    @Test("an empty file and an empty section give defaults")
    func empty() {
        #expect(Sample.problems("").isEmpty)
        #expect(Sample.problems("# nothing\nlisten:\n  # address: x\n").isEmpty)
    }

    @Test("flags are read with =, with a space, and alone for true or false")
    func flags() throws {
        let flags = try Sample.schema.flags(
            from: ["--listen-idle=4s", "--store-verify", "--region", "x"]
        )
        #expect(
            flags == [
                SettingFlag(name: "--listen-idle", value: "4s"),
                SettingFlag(name: "--store-verify", value: "true"),
                SettingFlag(name: "--region", value: "x"),
            ]
        )
    }

    @Test("a flag without its value is refused", arguments: [["--region"], ["region"]])
    func flagAlone(arguments: [String]) {
        let expected = SettingsError(problems: [.flagWithoutValue(arguments[0])])
        #expect(throws: expected) { try Sample.schema.flags(from: arguments) }
    }

    @Test("what is printed has every value with its place")
    func rendered() throws {
        let environment = ["SEALGATE_LISTEN_HEADER_BYTES_MAX": "1MiB"]
        let settings = try Sample.schema.load(
            yaml: "credentials: [{id: a, access_key_id: b, secret_access_key: hide-me}]\n",
            path: "s.yaml",
            environment: environment
        )
        let lines = settings.rendered().split(separator: "\n").map { line in
            line.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
        }
        #expect(lines.contains("listen.idle: 75s # default"))
        #expect(
            lines.contains("listen.header_bytes_max: 1MiB # SEALGATE_LISTEN_HEADER_BYTES_MAX")
        )
        #expect(lines.contains("credentials: 1 entry # s.yaml:1"))
        #expect(lines.contains("credentials[0].secret_access_key: (secret) # s.yaml:1"))
    }

    @Test("a reload names the settings that changed, secrets too")
    func changed() throws {
        let old = try Sample.schema.load(yaml: "kms: {vault: {token: a}}", path: "s.yaml")
        let new = try Sample.schema.load(
            yaml: "region: x\nlisten: {idle: 75s}\nkms: {vault: {token: b}}",
            path: "s.yaml"
        )
        #expect(new.changedKeys(since: old) == ["region", "kms.vault.token"])
        #expect(new.changedKeys(since: new).isEmpty)
    }
}
