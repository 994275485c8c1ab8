/// A setting's new value, given to a program that runs; masked in every text, for some are secrets.
public struct SettingChange: Equatable, Sendable {
    /// The setting, or its `_file` form.
    public let name: String
    /// The value as it could stand in the settings file.
    public let value: SecretText

    /// A change from its parts.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = SecretText(value)
    }

    /// The value, for the one place that stores or applies it.
    public var text: String { String(decoding: value.bytes, as: UTF8.self) }
}

extension Settings {
    /// The settings with some values replaced, checked as those of a file are.
    ///
    /// - Throws: everything that is wrong with the changes.
    public func changed(by changes: [SettingChange]) throws(SettingsError) -> Settings {
        var loader = SettingLoader(self)
        loader.add(changes)
        return try loader.finish()
    }

    /// What was given for settings whose names begin so, secrets among them, to be given again.
    public func changes(beginning prefixes: [String]) -> [SettingChange] {
        schema.declarations.compactMap { declaration in
            guard prefixes.contains(where: { declaration.name.hasPrefix($0) }),
                let value = entries[declaration.name]?.value
            else { return nil }
            guard case .secret(let secret) = value else {
                return SettingChange(declaration.name, declaration.kind.text(of: value))
            }
            if let file = secret.file, let name = declaration.fileName {
                return SettingChange(name, file)
            }
            return SettingChange(
                declaration.name,
                String(decoding: secret.bytes, as: UTF8.self)
            )
        }
    }
}
