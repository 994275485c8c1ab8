extension SettingKey where Value == String {
    /// A text of one line.
    public static func text(_ name: String, default value: String, _ summary: String) -> Self {
        text(name, .text, value, summary)
    }

    /// A path of the file system, used as it stands.
    public static func path(_ name: String, default value: String, _ summary: String) -> Self {
        text(name, .path, value, summary)
    }

    /// One of several words.
    public static func choice(
        _ name: String,
        of words: [String],
        default value: String,
        _ summary: String
    ) -> Self {
        text(name, .choice(words), value, summary)
    }

    private static func text(
        _ name: String,
        _ kind: SettingKind,
        _ value: String,
        _ summary: String
    ) -> Self {
        Self(name, kind, summary, default: .text(value), fallback: value) {
            if case .text(let value) = $0 { value } else { nil }
        }
    }
}

extension SettingKey where Value == String? {
    /// A text of one line that may be left out; empty is the same as left out.
    public static func optionalText(_ name: String, _ summary: String) -> Self {
        optional(name, .text, summary)
    }

    /// A path that may be left out; empty is the same as left out.
    public static func optionalPath(_ name: String, _ summary: String) -> Self {
        optional(name, .path, summary)
    }

    private static func optional(_ name: String, _ kind: SettingKind, _ summary: String) -> Self {
        Self(name, kind, summary, default: .absent, fallback: nil) {
            if case .text(let value) = $0, !value.isEmpty { .some(value) } else { nil }
        }
    }
}

extension SettingKey where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of an enumeration's cases, by its raw value.
    public static func choice(_ name: String, default value: Value, _ summary: String) -> Self {
        Self(
            name,
            .choice(Value.allCases.map(\.rawValue)),
            summary,
            default: .text(value.rawValue),
            fallback: value
        ) {
            if case .text(let word) = $0 { Value(rawValue: word) } else { nil }
        }
    }
}

extension SettingKey where Value == SecretText? {
    /// A secret that may be left out; also given as a file, by the key with `_file` behind it.
    public static func secret(_ name: String, _ summary: String) -> Self {
        Self(name, .secret, summary, default: .absent, fallback: nil) {
            if case .secret(let value) = $0 { .some(value) } else { nil }
        }
    }
}
