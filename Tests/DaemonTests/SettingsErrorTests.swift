import Testing

@testable import Daemon

@Suite
struct SettingsErrorTests {
    private func place(_ line: Int) -> SettingPlace { .file(path: "s.yaml", line: line) }

    @Test("an unknown key is refused with its line and the nearest known one")
    func unknownKey() {
        let problems = Sample.problems("region: x\nlisten:\n  adress: 127.0.0.1:1\n")
        #expect(
            problems == [
                .unknownKey(place(3), key: "listen.adress", nearest: "listen.address")
            ]
        )
        let lines = SettingsError(problems: problems).lines(program: "sealgate")
        #expect(
            lines == [
                "sealgate: error: s.yaml:3: listen.adress: no such setting",
                "sealgate: hint: did you mean listen.address?",
            ]
        )
    }

    @Test("a key in the wrong section is found by its last word")
    func wrongSection() {
        let problems = Sample.problems("server:\n  connections_max: 1\n")
        #expect(problems == [.unknownKey(place(1), key: "server", nearest: nil)])
        let moved = Sample.problems("store:\n  connections_max: 1\n")
        let nearest = "listen.connections_max"
        #expect(
            moved == [.unknownKey(place(2), key: "store.connections_max", nearest: nearest)]
        )
    }

    @Test(
        "a value of the wrong kind or out of bounds is refused",
        arguments: [
            ("listen.address", "nowhere"), ("listen.address", "a:70000"),
            ("listen.connections_max", "many"), ("listen.connections_max", "0"),
            ("listen.connections_max", "+5"), ("listen.header_bytes_max", "64kb"),
            ("listen.header_bytes_max", "1GiB"), ("listen.idle", "15"), ("listen.idle", "2d"),
            ("store.verify", "yes"), ("store.durability", "most"), ("listen.names", "alone"),
        ]
    )
    func wrongValue(key: String, value: String) throws {
        let problems = Sample.problems("\(key): \"\(value)\"\n")
        let kind = try #require(
            Sample.schema.declarations.first { $0.name == key }?.kind
        )
        let expected = kind.expectation
        #expect(
            problems == [
                .wrongValue(place(1), key: key, given: value, expected: expected)
            ]
        )
    }

    @Test("a list or a map where one value belongs is refused")
    func wrongShape() {
        for yaml in ["region: [a]", "region: {a: b}", "region:", "listen.names: [[a]]"] {
            let problems = Sample.problems(yaml)
            #expect(problems.count == 1)
            guard case .wrongValue(place(1), _, nil, _) = problems.first else {
                Issue.record("\(yaml): \(problems)")
                continue
            }
        }
    }

    @Test("a section that holds a value is refused")
    func notASection() {
        #expect(Sample.problems("listen: 9000") == [.notASection(place(1), key: "listen")])
    }

    @Test("a key twice is refused, nested or with dots")
    func duplicateKey() {
        #expect(
            Sample.problems("region: a\nregion: b\n") == [
                .duplicateKey(place(1), key: "region")
            ]
        )
        #expect(
            Sample.problems("listen: {idle: 2s}\nlisten.idle: 3s\n") == [
                .duplicateKey(place(2), key: "listen.idle")
            ]
        )
    }

    @Test("what isn't YAML is refused with its line")
    func syntax() {
        let problems = Sample.problems("region: a\nlisten: [\n")
        guard case .syntax(.file("s.yaml", _), _) = problems.first else {
            Issue.record("\(problems)")
            return
        }
        #expect(
            Sample.problems("- a\n") == [
                .syntax(place(1), problem: "is not a map of settings")
            ]
        )
    }

    @Test("a file that can't be read is refused")
    func fileUnreadable() throws {
        let folder = try TemporaryFolder()
        let expected = SettingProblem.fileUnreadable(
            path: folder.path + "/none.yaml",
            reason: "No such file or directory"
        )
        #expect(throws: SettingsError(problems: [expected])) {
            try Sample.schema.load(file: folder.path + "/none.yaml")
        }
        let directory = SettingProblem.fileUnreadable(path: folder.path, reason: "not a file")
        #expect(throws: SettingsError(problems: [directory])) {
            try Sample.schema.load(file: folder.path)
        }
    }

    @Test("a required setting that isn't given is refused")
    func missing() {
        let key = SettingKey.path("store.dir", default: "", "Where data is.").required()
        let schema = SettingSchema(program: "sealgate-store", keys: [key])
        let expected = SettingProblem.missing(
            key: "store.dir",
            environment: "SEALGATE_STORE_DIR",
            expected: "a path"
        )
        #expect(throws: SettingsError(problems: [expected])) { try schema.load(file: nil) }
        #expect(throws: Never.self) {
            try schema.load(file: nil, environment: ["SEALGATE_STORE_DIR": "/x"])
        }
    }

    @Test("a required setting that is empty is refused")
    func requiredEmpty() {
        let problems = Sample.problems(
            "credentials: [{id: \"\", access_key_id: a, secret_access_key: b}]"
        )
        let key = "credentials[0].id"
        let expected = "a text of one line"
        #expect(problems == [.wrongValue(place(1), key: key, given: "", expected: expected)])
    }

    @Test("an entry without a required field or with an unknown one is refused")
    func entries() {
        let problems = Sample.problems("credentials:\n  - id: a\n    acces_key_id: b\n")
        #expect(
            problems == [
                .unknownKey(
                    place(3),
                    key: "credentials[0].acces_key_id",
                    nearest: "access_key_id"
                ),
                .missingField(
                    place(2),
                    key: "credentials[0].access_key_id",
                    expected: "a text of one line"
                ),
                .missingField(
                    place(2),
                    key: "credentials[0].secret_access_key",
                    expected: "a secret text"
                ),
            ]
        )
        #expect(
            Sample.problems("credentials: [a]") == [
                .wrongValue(
                    place(1),
                    key: "credentials[0]",
                    given: nil,
                    expected: "a map of settings"
                )
            ]
        )
    }

    @Test("an unknown flag is refused with the nearest one")
    func unknownFlag() {
        let flags = [SettingFlag(name: "--listen-adress", value: "x")]
        #expect(
            Sample.problems("", flags: flags) == [
                .unknownKey(
                    .flag("--listen-adress"),
                    key: "--listen-adress",
                    nearest: "--listen-address"
                )
            ]
        )
    }

    @Test("all problems are told at once, each with a hint of one line")
    func together() {
        let flags = [SettingFlag(name: "--listen-idle", value: "x")]
        let problems = Sample.problems(
            "nothing: 1\nregion: []\n",
            environment: ["SEALGATE_STORE_VERIFY": "no"],
            flags: flags
        )
        #expect(problems.count == 4)
        let lines = SettingsError(problems: problems).lines(program: "sealgate")
        #expect(lines.count == 8)
        #expect(lines.allSatisfy { !$0.contains("\n") && !$0.hasSuffix(".") })
    }
}
