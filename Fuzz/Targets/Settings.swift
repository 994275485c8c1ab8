import Daemon

/// Configuration files and flags, for a table with a setting of every kind.
///
/// But a secret's: it would read the files that the fuzzer names.
@Sendable
func fuzzSettings(_ input: inout FuzzInput) {
    let choice = input.byte()
    let text = String(decoding: input.rest(), as: UTF8.self)
    do throws(SettingsError) {
        if choice & 1 == 0 {
            let settings = try schema.load(yaml: text, path: "s.yaml")
            _ = settings.rendered()
        } else {
            let arguments = text.split(separator: "\n").map(String.init)
            _ = try schema.load(file: nil, flags: try schema.flags(from: arguments)).rendered()
        }
    } catch {
        precondition(!error.lines(program: "fuzz").isEmpty, "an error without words")
    }
}

private let schema = SettingSchema(
    program: "sealgate",
    keys: [
        SettingKey.text("region", default: "us-east-1", "A text."),
        SettingKey.hostPort("listen.at", default: HostPort(host: "::1", port: 9), "A place."),
        SettingKey.integer("listen.most", in: 1...100_000, default: 10, "A number."),
        SettingKey.bytes("listen.head", in: 1024...(1 << 20), default: 65_536, "A size."),
        SettingKey.duration(
            "listen.idle",
            in: .seconds(1)...(.seconds(9)),
            default: .seconds(7),
            "T."
        ),
        SettingKey.list("listen.names", default: ["localhost"], "A list."),
        SettingKey.optionalHostPort("admin.at", "A place or none."),
        SettingKey.path("store.folder", default: "/", "A path."),
        SettingKey.boolean("store.verify", default: true, "A truth value."),
        SettingKey.choice("store.sync", of: ["full", "relaxed"], default: "full", "A word."),
        SettingKey.records(
            "users",
            fields: [
                SettingKey.text("id", default: "", "A name.").required(),
                SettingKey.boolean("admin", default: false, "A truth value."),
            ],
            "Records."
        ),
    ]
)
