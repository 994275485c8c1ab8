/// The table of a program's settings, in the order in which they are shown.
public struct SettingSchema: Sendable {
    /// The program's name, as it stands before error messages.
    public let program: String
    /// What the names of environment variables begin with, without the `_`.
    public let environmentPrefix: String
    /// The settings.
    public let declarations: [SettingDeclaration]

    let sectionSummaries: [String: String]

    /// A table of settings.
    ///
    /// Traps where two settings clash in key, flag or variable, or a default isn't of its kind:
    /// the table is part of the program.
    ///
    /// - Parameters:
    ///   - program: the program's name, as `sealgate`.
    ///   - environmentPrefix: what variables begin with, as `SEALGATE`.
    ///   - sections: a sentence for each first part of the keys, for the documentation.
    ///   - keys: the settings in their order; those of one section side by side.
    public init(
        program: String,
        environmentPrefix: String = "SEALGATE",
        sections: [String: String] = [:],
        keys: [any SettingDeclaring]
    ) {
        self.program = program
        self.environmentPrefix = environmentPrefix
        sectionSummaries = sections
        declarations = keys.map(\.declaration)
        var flags: Set<String> = []
        for declaration in declarations {
            precondition(Self.isWellFormed(declaration.name), "key \(declaration.name)")
            precondition(flags.insert(declaration.flag).inserted, "clash of \(declaration.name)")
            precondition(Self.hasValidDefault(declaration), "default of \(declaration.name)")
            if declaration.isSecret {
                precondition(flags.insert(declaration.flag + "-file").inserted, declaration.name)
            }
        }
    }

    /// Every name that may stand in the file: keys, and the `_file` form of secrets.
    var names: [String] { declarations.flatMap { [$0.name] + ($0.fileName.map { [$0] } ?? []) } }

    /// The declaration that a key names, and whether by its `_file` form.
    func find(_ name: String) -> (declaration: SettingDeclaration, isFile: Bool)? {
        Self.find(name, in: declarations)
    }

    static func find(
        _ name: String,
        in declarations: [SettingDeclaration]
    ) -> (declaration: SettingDeclaration, isFile: Bool)? {
        for declaration in declarations {
            if declaration.name == name { return (declaration, false) }
            if declaration.fileName == name { return (declaration, true) }
        }
        return nil
    }

    private static func hasValidDefault(_ declaration: SettingDeclaration) -> Bool {
        switch declaration.kind {
        case .bytes, .choice, .duration, .integer:
            declaration.kind.value(of: declaration.defaultText) != nil
        default: true
        }
    }

    private static func isWellFormed(_ name: String) -> Bool {
        name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty
                && part.utf8.allSatisfy {
                    (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f
                }
        }
    }
}
