/// One setting, declared once: its key, kind, default and description, and the type it is read as.
///
/// Keys are static constants; `settings[key]` can't fail, because a `Settings` exists only after
/// every value was checked:
///
///     static let socket = SettingKey.path(
///         "listen.socket",
///         default: "/run/sealgate/store.sock",
///         "Unix socket that the gateway connects to."
///     )
public struct SettingKey<Value: Sendable>: SettingDeclaring {
    /// What the table says of it.
    public internal(set) var declaration: SettingDeclaration

    let fallback: Value
    let extract: @Sendable (SettingValue) -> Value?

    init(
        _ name: String,
        _ kind: SettingKind,
        _ summary: String,
        default defaultValue: SettingValue,
        fallback: Value,
        extract: @escaping @Sendable (SettingValue) -> Value?
    ) {
        declaration = SettingDeclaration(
            name: name,
            kind: kind,
            summary: summary,
            defaultValue: defaultValue
        )
        self.fallback = fallback
        self.extract = extract
    }

    /// The same setting without a default: loading fails unless a value is given.
    public func required() -> Self {
        var key = self
        key.declaration.isRequired = true
        return key
    }

    func value(from value: SettingValue?) -> Value { value.flatMap(extract) ?? fallback }
}

extension SettingKey where Value == Bool {
    /// A setting that is `true` or `false`.
    public static func boolean(_ name: String, default value: Bool, _ summary: String) -> Self {
        Self(name, .boolean, summary, default: .boolean(value), fallback: value) {
            if case .boolean(let value) = $0 { value } else { nil }
        }
    }
}

extension SettingKey where Value == Int {
    /// A whole number within bounds.
    public static func integer(
        _ name: String,
        in range: ClosedRange<Int>,
        default value: Int,
        _ summary: String
    ) -> Self {
        number(name, .integer(range), value, summary)
    }

    /// A number of bytes within bounds, written as `64KiB`.
    public static func bytes(
        _ name: String,
        in range: ClosedRange<Int>,
        default value: Int,
        _ summary: String
    ) -> Self {
        number(name, .bytes(range), value, summary)
    }

    private static func number(
        _ name: String,
        _ kind: SettingKind,
        _ value: Int,
        _ summary: String
    ) -> Self {
        Self(name, kind, summary, default: .number(value), fallback: value) {
            if case .number(let value) = $0 { value } else { nil }
        }
    }
}

extension SettingKey where Value == Duration {
    /// A time within bounds, written as `15s`.
    public static func duration(
        _ name: String,
        in range: ClosedRange<Duration>,
        default value: Duration,
        _ summary: String
    ) -> Self {
        Self(name, .duration(range), summary, default: .duration(value), fallback: value) {
            if case .duration(let value) = $0 { value } else { nil }
        }
    }
}

extension SettingKey where Value == HostPort {
    /// A host and a port.
    public static func hostPort(
        _ name: String,
        default value: HostPort,
        _ summary: String
    ) -> Self {
        Self(name, .hostPort, summary, default: .hostPort(value), fallback: value) {
            if case .hostPort(let value) = $0 { value } else { nil }
        }
    }
}

extension SettingKey where Value == HostPort? {
    /// A host and a port that may be left out.
    public static func optionalHostPort(_ name: String, _ summary: String) -> Self {
        Self(name, .hostPort, summary, default: .absent, fallback: nil) {
            if case .hostPort(let value) = $0 { .some(value) } else { nil }
        }
    }
}

extension SettingKey where Value == [String] {
    /// A list of texts.
    public static func list(_ name: String, default value: [String], _ summary: String) -> Self {
        Self(name, .list, summary, default: .list(value), fallback: value) {
            if case .list(let value) = $0 { value } else { nil }
        }
    }
}

extension SettingKey where Value == [SettingRecord] {
    /// A list of maps, whose fields are keys without a dot; given in the file only.
    public static func records(
        _ name: String,
        fields: [any SettingDeclaring],
        _ summary: String
    ) -> Self {
        let fields = fields.map(\.declaration)
        return Self(name, .records(fields), summary, default: .records([]), fallback: []) {
            if case .records(let value) = $0 { value } else { nil }
        }
    }
}
