/// The settings in force: every value checked, with the place that it came from.
///
/// Made by `SettingSchema.load`. A value, so that a reload can compare old and new.
public struct Settings: Sendable {
    struct Entry: Sendable {
        var value: SettingValue
        var place: SettingPlace
    }

    let schema: SettingSchema
    var entries: [String: Entry]

    /// What deserves a line in the log but doesn't stop the start, as an unknown variable.
    public internal(set) var warnings: [String] = []

    /// The value of a setting; its default where none was given.
    public subscript<Value>(key: SettingKey<Value>) -> Value {
        key.value(from: entries[key.declaration.name]?.value)
    }

    /// Where the value of a setting came from.
    public func place(of key: some SettingDeclaring) -> SettingPlace {
        entries[key.declaration.name]?.place ?? .builtIn
    }

    /// The keys whose values differ from those of `old`, in the table's order: for a reload.
    public func changedKeys(since old: Settings) -> [String] {
        schema.declarations.filter { declaration in
            let before = old.entries[declaration.name]?.value ?? declaration.defaultValue
            let after = entries[declaration.name]?.value ?? declaration.defaultValue
            return before != after
        }.map(\.name)
    }

    /// The effective values with their places, one a line, secrets masked: `config print`.
    public func rendered() -> String {
        var rows: [(left: String, place: SettingPlace)] = []
        for declaration in schema.declarations {
            let entry = entries[declaration.name]
            let value = entry?.value ?? declaration.defaultValue
            let place = entry?.place ?? .builtIn
            rows.append((Self.row(declaration, value), place))
            guard case .records(let fields) = declaration.kind, case .records(let records) = value
            else { continue }
            for (index, record) in records.enumerated() {
                for field in fields {
                    guard let value = record.values[field.name] else { continue }
                    var named = Self.row(field, value)
                    named = "\(declaration.name)[\(index)].\(named)"
                    rows.append((named, place))
                }
            }
        }
        let width = min(rows.map(\.left.count).max() ?? 0, 60)
        return rows.map { row in
            let gap = String(repeating: " ", count: max(width - row.left.count, 0) + 2)
            return row.left + gap + "# " + row.place.description + "\n"
        }.joined()
    }

    private static func row(_ declaration: SettingDeclaration, _ value: SettingValue) -> String {
        let text = declaration.kind.text(of: value)
        return declaration.name + ":" + (text.isEmpty ? "" : " " + text)
    }
}
