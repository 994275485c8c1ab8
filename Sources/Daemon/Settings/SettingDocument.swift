import Yams

/// A configuration file, read into keys with their lines; no meaning yet.
struct SettingDocument {
    /// One `key: value` of the file, its sections written before it with dots.
    struct Item {
        var name: String
        var place: SettingPlace
        var content: Content
    }

    /// What stands behind a key.
    enum Content {
        case empty
        case list([Content])
        case map([Item])
        case scalar(String)
    }

    /// The items of the outermost map.
    var items: [Item] = []

    private let path: String

    /// Reads YAML.
    ///
    /// - Throws: `.syntax` and `.duplicateKey`.
    init(path: String, text: String) throws(SettingsError) {
        self.path = path
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch let error as YamlError {
            throw SettingsError(problems: [Self.problem(error, path: path)])
        } catch {
            throw SettingsError(problems: [.syntax(place(1), problem: "is not YAML")])
        }
        guard let root else { return }
        switch content(root) {
        case .empty: return
        case .map(let items): self.items = items
        case .list, .scalar:
            throw SettingsError(problems: [.syntax(place(1), problem: "is not a map of settings")])
        }
    }

    private func place(_ line: Int) -> SettingPlace { .file(path: path, line: line) }

    private func content(_ node: Node) -> Content {
        switch node {
        case .alias: return .empty
        case .mapping(let mapping):
            return .map(
                mapping.map { pair in
                    Item(
                        name: pair.key.scalar?.string ?? "?",
                        place: place(pair.key.mark?.line ?? 0),
                        content: content(pair.value)
                    )
                }
            )
        case .scalar(let scalar):
            let isNull = scalar.style == .plain && ["", "~", "null"].contains(scalar.string)
            return isNull ? .empty : .scalar(scalar.string)
        case .sequence(let sequence): return .list(sequence.map { content($0) })
        }
    }

    // The errors' own texts quote the file, and so perhaps a secret: only their parts are used.
    private static func problem(_ error: YamlError, path: String) -> SettingProblem {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            .syntax(.file(path: path, line: mark.line), problem: problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            .duplicateKey(
                .file(path: path, line: context.mark.line),
                key: duplicates.first ?? "?"
            )
        default: .syntax(.file(path: path, line: 1), problem: "is not YAML")
        }
    }
}
