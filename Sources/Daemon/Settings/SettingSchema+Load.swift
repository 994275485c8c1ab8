import Encoding

extension SettingSchema {
    private static var fileBytesMax: Int { 1 << 20 }

    /// Reads and checks the settings: default, then file, then environment, then flags.
    ///
    /// - Parameters:
    ///   - file: the configuration file, at most 1 MiB of YAML; `nil` for none.
    ///   - environment: the process's variables; those without the prefix are ignored.
    ///   - flags: what the command line gives, as `flags(from:)` reads it.
    /// - Returns: settings with every value valid.
    /// - Throws: everything that is wrong with them.
    public func load(
        file: String?,
        environment: [String: String] = [:],
        flags: [SettingFlag] = []
    ) throws(SettingsError) -> Settings {
        guard let file else { return try load(nil, environment, flags) }
        let bytes: [UInt8]
        do {
            bytes = try SystemFile.read(file, bytesMax: Self.fileBytesMax)
        } catch {
            let reason =
                if case .system(let reason) = error { reason } else { "it is longer than 1MiB" }
            throw SettingsError(problems: [.fileUnreadable(path: file, reason: reason)])
        }
        guard let text = String(utf8: bytes) else {
            let problem = SettingProblem.fileUnreadable(path: file, reason: "it is not UTF-8")
            throw SettingsError(problems: [problem])
        }
        return try load(SettingDocument(path: file, text: text), environment, flags)
    }

    /// Checks the settings of a text that was read already; `path` is for the messages alone.
    ///
    /// - Throws: everything that is wrong with them.
    public func load(
        yaml text: String,
        path: String,
        environment: [String: String] = [:],
        flags: [SettingFlag] = []
    ) throws(SettingsError) -> Settings {
        try load(SettingDocument(path: path, text: text), environment, flags)
    }

    /// Reads `--key value`, `--key=value`, and `--key` alone for a setting of `true` or `false`.
    ///
    /// - Returns: the flags in their order; whether they exist is `load`'s to say.
    /// - Throws: `.flagWithoutValue`, also for an argument that isn't a flag.
    public func flags(from arguments: [String]) throws(SettingsError) -> [SettingFlag] {
        var flags: [SettingFlag] = []
        var index = 0
        while index < arguments.count {
            let argument = arguments[index]
            index += 1
            guard argument.hasPrefix("--") else {
                throw SettingsError(problems: [.flagWithoutValue(argument)])
            }
            if let equals = argument.firstIndex(of: "=") {
                let value = argument[argument.index(after: equals)...]
                flags.append(SettingFlag(name: String(argument[..<equals]), value: String(value)))
            } else if index < arguments.count, !arguments[index].hasPrefix("--") {
                flags.append(SettingFlag(name: argument, value: arguments[index]))
                index += 1
            } else if isBoolean(flag: argument) {
                flags.append(SettingFlag(name: argument, value: "true"))
            } else {
                throw SettingsError(problems: [.flagWithoutValue(argument)])
            }
        }
        return flags
    }

    private func load(
        _ document: SettingDocument?,
        _ environment: [String: String],
        _ flags: [SettingFlag]
    ) throws(SettingsError) -> Settings {
        var loader = SettingLoader(schema: self)
        if let document { loader.add(document) }
        loader.add(environment: environment)
        loader.add(flags: flags)
        return try loader.finish()
    }

    private func isBoolean(flag: String) -> Bool {
        declarations.contains {
            if case .boolean = $0.kind { $0.flag == flag } else { false }
        }
    }
}
