/// What the table of settings says of one setting.
public struct SettingDeclaration: Sendable {
    /// The key: lower-case words joined by dots, as `kms.local.key_dir`.
    public let name: String
    /// What it may hold.
    public let kind: SettingKind
    /// One sentence: what it is for.
    public let summary: String
    /// Whether a value has to be given.
    public internal(set) var isRequired = false

    let defaultValue: SettingValue

    /// Whether it is masked wherever settings are shown.
    public var isSecret: Bool { if case .secret = kind { true } else { false } }

    /// The value that `text` spells; `nil` where it isn't valid.
    ///
    /// Empty is the same as left out, where a setting may be left out.
    func value(of text: String) -> SettingValue? {
        if text.isEmpty {
            if isRequired { return nil }
            if case .absent = defaultValue, !isSecret { return .absent }
        }
        return kind.value(of: text)
    }

    /// The default as text; empty where there is none.
    public var defaultText: String { kind.text(of: defaultValue) }

    /// The flag of the command line, as `--kms-local-key-dir`.
    public var flag: String {
        "--" + String(name.map { $0 == "." || $0 == "_" ? "-" : $0 })
    }

    /// The key by which a secret is given as a file; `nil` unless this is a secret.
    public var fileName: String? { isSecret ? name + "_file" : nil }

    /// The environment variable, as `SEALGATE_KMS_LOCAL_KEY_DIR`.
    public func environmentName(prefix: String) -> String {
        prefix + "_" + String(name.uppercased().map { $0 == "." ? "_" : $0 })
    }
}

/// A thing that declares a setting: `SettingKey` of whatever type.
public protocol SettingDeclaring: Sendable {
    /// What the table says of it.
    var declaration: SettingDeclaration { get }
}
