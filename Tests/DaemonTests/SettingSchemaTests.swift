import Daemon
import Testing

@Suite
struct SettingSchemaTests {
    @Test("the sample file loads as it stands, and with every # removed")
    func sample() throws {
        let sample = Sample.schema.sampleYAML()
        let settings = try Sample.schema.load(yaml: sample, path: "sample.yaml")
        #expect(settings.changedKeys(since: try Sample.schema.load(file: nil)).isEmpty)
        let names = Sample.schema.declarations.compactMap { $0.name.split(separator: ".").last }
        for name in names { #expect(sample.contains("\(name)")) }
        let lines = sample.split(separator: "\n")
        let uncommented = lines.compactMap { line -> Substring? in
            guard let mark = line.firstRange(of: "# ") else { return line }
            let rest = line[mark.upperBound...]
            let key = rest.prefix { $0 != ":" }
            let isSetting = names.contains(key) && !rest.hasPrefix("credentials")
            return isSetting ? line[..<mark.lowerBound] + rest : nil
        }
        let loaded = try Sample.schema.load(
            yaml: uncommented.joined(separator: "\n"),
            path: "sample.yaml"
        )
        #expect(loaded[Sample.idle] == .seconds(75))
    }

    @Test("the Markdown tables have a row for every setting and field")
    func markdown() {
        let text = Sample.schema.markdownTables()
        #expect(text.hasPrefix("## region\n"))
        #expect(text.contains("## listen\n\nWhere clients connect.\n\n| setting |"))
        #expect(
            text.contains(
                "| `listen.idle` | a time from 1s to 1h, as 15s | `75s` | "
                    + "How long an idle connection is kept. |\n"
            )
        )
        #expect(text.contains("| `kms.vault.token`, `kms.vault.token_file` | a secret text |"))
        #expect(text.contains("| `credentials[].id` | a text of one line | required |"))
    }

    @Test("names of flags and variables follow from the key")
    func names() {
        let declaration = Sample.keyDirectory.declaration
        #expect(declaration.flag == "--kms-local-key-dir")
        #expect(declaration.environmentName(prefix: "SEALGATE") == "SEALGATE_KMS_LOCAL_KEY_DIR")
        #expect(declaration.fileName == nil)
        #expect(Sample.token.declaration.fileName == "kms.vault.token_file")
    }

    @Test("two settings with one flag trap")
    func clash() async {
        await #expect(processExitsWith: .failure) {
            let first = SettingKey.text("a.b_c", default: "", "One.")
            let second = SettingKey.text("a.b.c", default: "", "Two.")
            _ = SettingSchema(program: "sealgate", keys: [first, second])
        }
    }

    @Test("a default out of bounds traps")
    func defaultOutOfBounds() async {
        await #expect(processExitsWith: .failure) {
            let key = SettingKey.integer("a.b", in: 1...2, default: 3, "One.")
            _ = SettingSchema(program: "sealgate", keys: [key])
        }
    }
}
