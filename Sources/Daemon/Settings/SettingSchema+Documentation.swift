extension SettingSchema {
    /// A configuration file with every setting at its default, each explained and commented out.
    public func sampleYAML() -> String {
        var text = "# Settings of \(program). Every line is a default; remove the # to change it.\n"
        for section in sections {
            text += "\n"
            if let summary = sectionSummaries[section.name] { text += "# \(summary)\n" }
            var open: [String] = []
            for declaration in section.declarations {
                let parts = declaration.name.split(separator: ".").map(String.init)
                let parents = Array(parts.dropLast())
                let shared = zip(open, parents).prefix { $0 == $1 }.count
                for depth in shared..<max(shared, parents.count) {
                    text += Self.indent(depth) + "\(parents[depth]):\n"
                }
                open = parents
                text += sample(declaration, key: parts.last ?? "", depth: parents.count)
            }
        }
        return text
    }

    /// The settings as Markdown: a heading of 2 to 6 `#` and a table for each section.
    public func markdownTables(headingLevel: Int = 2) -> String {
        var text = ""
        for section in sections {
            text += (text.isEmpty ? "" : "\n") + String(repeating: "#", count: headingLevel)
            text += " \(section.name)\n\n"
            if let summary = sectionSummaries[section.name] { text += "\(summary)\n\n" }
            text += "| setting | value | default | what it is |\n|---|---|---|---|\n"
            for declaration in section.declarations {
                text += Self.markdownRow(declaration, name: declaration.name)
                guard case .records(let fields) = declaration.kind else { continue }
                for field in fields {
                    text += Self.markdownRow(field, name: "\(declaration.name)[].\(field.name)")
                }
            }
        }
        return text
    }

    private var sections: [(name: String, declarations: [SettingDeclaration])] {
        var sections: [(name: String, declarations: [SettingDeclaration])] = []
        for declaration in declarations {
            let name = String(declaration.name.prefix { $0 != "." })
            if let index = sections.firstIndex(where: { $0.name == name }) {
                sections[index].declarations.append(declaration)
            } else {
                sections.append((name, [declaration]))
            }
        }
        return sections
    }

    private func sample(_ declaration: SettingDeclaration, key: String, depth: Int) -> String {
        let indent = Self.indent(depth)
        var text = "\(indent)# \(declaration.summary)\n"
        if case .records(let fields) = declaration.kind {
            text += "\(indent)# \(key):\n"
            for (index, field) in fields.enumerated() {
                let name = field.fileName ?? field.name
                let rest = "\(name): \(Self.sampleValue(field))"
                text += "\(indent)#   \(index == 0 ? "-" : " ") \(rest)  # \(field.summary)\n"
            }
            return text
        }
        text += "\(indent)# \(declaration.kind.expectation)"
        text += declaration.isRequired ? "; required\n" : "\n"
        text += "\(indent)# \(declaration.fileName.map { _ in key + "_file" } ?? key): "
        return text + Self.sampleValue(declaration) + "\n"
    }

    private static func sampleValue(_ declaration: SettingDeclaration) -> String {
        switch declaration.kind {
        case .list: "[" + declaration.defaultText + "]"
        case .secret: "/path/to/a/file/of/mode/600"
        default: declaration.defaultText.isEmpty ? "\"\"" : declaration.defaultText
        }
    }

    private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

    private static func markdownRow(_ declaration: SettingDeclaration, name: String) -> String {
        let fallback =
            if declaration.isRequired {
                "required"
            } else {
                declaration.defaultText.isEmpty ? "none" : "`\(declaration.defaultText)`"
            }
        let expectation = declaration.kind.expectation.replacing("|", with: "\\|")
        let summary = declaration.summary.replacing("|", with: "\\|")
        let name = declaration.isSecret ? "`\(name)`, `\(name)_file`" : "`\(name)`"
        return "| \(name) | \(expectation) | \(fallback) | \(summary) |\n"
    }
}
