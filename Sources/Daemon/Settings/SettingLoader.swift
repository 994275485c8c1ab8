/// Gathers settings source by source, the later over the earlier, and collects what is wrong.
struct SettingLoader {
    private enum Pending {
        case secretFile(String)
        case value(SettingValue)
    }

    private let schema: SettingSchema
    private var found: [String: (pending: Pending, place: SettingPlace)] = [:]
    private var problems: [SettingProblem] = []
    private var warnings: [String] = []
    // The names that the source now read has given.
    private var given: Set<String> = []

    init(schema: SettingSchema) { self.schema = schema }

    /// Begins with what holds already.
    init(_ settings: Settings) {
        schema = settings.schema
        warnings = settings.warnings
        found = settings.entries.mapValues { (.value($0.value), $0.place) }
    }

    mutating func add(_ changes: [SettingChange]) {
        given = []
        for change in changes {
            if schema.find(change.name) == nil {
                reportUnknown(change.name, among: schema.names, at: .change)
            } else {
                add(change.name, change.text, at: .change)
            }
        }
    }

    mutating func add(_ document: SettingDocument) {
        given = []
        for item in document.items { add(item, prefix: "") }
    }

    mutating func add(environment: [String: String]) {
        given = []
        var known: [String: String] = [:]
        for declaration in schema.declarations {
            if case .records = declaration.kind { continue }
            let name = declaration.environmentName(prefix: schema.environmentPrefix)
            known[name] = declaration.name
            known[name + "_FILE"] = declaration.fileName
        }
        for (variable, value) in environment.sorted(by: { $0.key < $1.key })
        where variable.hasPrefix(schema.environmentPrefix + "_") {
            if let name = known[variable] {
                add(name, value, at: .environment(variable))
            } else {
                let nearest = NearestName.find(variable, among: known.keys.sorted())
                warnings.append(
                    "\(variable): no such setting" + (nearest.map { "; did you mean \($0)?" } ?? "")
                )
            }
        }
    }

    mutating func add(flags: [SettingFlag]) {
        given = []
        var known: [String: String] = [:]
        for declaration in schema.declarations {
            if case .records = declaration.kind { continue }
            known[declaration.flag] = declaration.name
            known[declaration.flag + "-file"] = declaration.fileName
        }
        for flag in flags {
            let place = SettingPlace.flag(flag.name)
            guard let name = known[flag.name] else {
                let nearest = NearestName.find(flag.name, among: known.keys.sorted())
                problems.append(.unknownKey(place, key: flag.name, nearest: nearest))
                continue
            }
            if let match = schema.find(name), match.declaration.isSecret, !match.isFile {
                problems.append(.secretOnCommandLine(flag: flag.name))
            } else {
                add(name, flag.value, at: place)
            }
        }
    }

    /// The settings, with the secrets' files read.
    ///
    /// - Throws: everything that was found wrong.
    mutating func finish() throws(SettingsError) -> Settings {
        var entries: [String: Settings.Entry] = [:]
        for declaration in schema.declarations {
            guard let (pending, place) = found[declaration.name] else {
                if declaration.isRequired { reportMissing(declaration) }
                continue
            }
            switch pending {
            case .secretFile(let path):
                if let secret = readSecret(path, at: place) {
                    entries[declaration.name] = Settings.Entry(value: secret, place: place)
                }
            case .value(let value):
                entries[declaration.name] = Settings.Entry(value: value, place: place)
            }
        }
        if !problems.isEmpty { throw SettingsError(problems: problems) }
        return Settings(schema: schema, entries: entries, warnings: warnings)
    }

    private mutating func add(_ item: SettingDocument.Item, prefix: String) {
        let name = prefix + item.name
        guard let declaration = schema.find(name)?.declaration else {
            let isSection = schema.declarations.contains { $0.name.hasPrefix(name + ".") }
            switch item.content {
            case .map(let items) where isSection:
                for item in items { add(item, prefix: name + ".") }
            case .empty where isSection: return
            case .list where isSection, .scalar where isSection:
                problems.append(.notASection(item.place, key: name))
            default: reportUnknown(name, among: schema.names, at: item.place)
            }
            return
        }
        switch (item.content, declaration.kind) {
        case (.scalar(let text), .list):
            reportWrong(declaration, name, given: text, at: item.place)
        case (.scalar(let text), _): add(name, text, at: item.place)
        case (.list(let contents), .list):
            let texts = contents.compactMap { if case .scalar(let text) = $0 { text } else { nil } }
            if texts.count == contents.count, note(name, declaration, at: item.place) {
                found[name] = (.value(.list(texts)), item.place)
            } else if texts.count != contents.count {
                reportWrong(declaration, name, given: nil, at: item.place)
            }
        case (.list(let contents), .records(let fields)):
            let records = contents.enumerated().compactMap { index, content in
                record(content, fields, name: "\(name)[\(index)]", at: item.place)
            }
            if note(name, declaration, at: item.place) {
                found[name] = (.value(.records(records)), item.place)
            }
        default: reportWrong(declaration, name, given: nil, at: item.place)
        }
    }

    private mutating func add(_ name: String, _ text: String, at place: SettingPlace) {
        guard let (declaration, isFile) = schema.find(name),
            note(declaration.name, declaration, at: place)
        else { return }
        if isFile {
            found[declaration.name] = (.secretFile(text), place)
        } else if let value = declaration.value(of: text) {
            found[name] = (.value(value), place)
        } else {
            reportWrong(declaration, name, given: text, at: place)
        }
    }

    /// Whether this source gives the setting for the first time; else reports it.
    private mutating func note(
        _ name: String,
        _ declaration: SettingDeclaration,
        at place: SettingPlace
    ) -> Bool {
        if given.insert(name).inserted { return true }
        problems.append(
            declaration.isSecret
                ? .secretTwice(place, key: name) : .duplicateKey(place, key: name)
        )
        return false
    }
}

extension SettingLoader {
    private mutating func record(
        _ content: SettingDocument.Content,
        _ fields: [SettingDeclaration],
        name: String,
        at place: SettingPlace
    ) -> SettingRecord? {
        guard case .map(let items) = content else {
            problems.append(
                .wrongValue(place, key: name, given: nil, expected: "a map of settings")
            )
            return nil
        }
        var values: [String: SettingValue] = [:]
        var seen: Set<String> = []
        for item in items {
            let key = "\(name).\(item.name)"
            guard let (field, isFile) = SettingSchema.find(item.name, in: fields) else {
                let names = fields.flatMap { [$0.name] + ($0.fileName.map { [$0] } ?? []) }
                reportUnknown(item.name, shown: key, among: names, at: item.place)
                continue
            }
            if !seen.insert(field.name).inserted {
                problems.append(.secretTwice(item.place, key: "\(name).\(field.name)"))
            }
            guard case .scalar(let text) = item.content else {
                reportWrong(field, key, given: nil, at: item.place)
                continue
            }
            if isFile {
                values[field.name] = readSecret(text, at: item.place)
            } else if let value = field.value(of: text) {
                values[field.name] = value
            } else {
                reportWrong(field, key, given: text, at: item.place)
            }
        }
        for field in fields where field.isRequired && !seen.contains(field.name) {
            problems.append(
                .missingField(
                    items.first?.place ?? place,
                    key: "\(name).\(field.name)",
                    expected: field.kind.expectation
                )
            )
        }
        return SettingRecord(values: values)
    }

    private mutating func readSecret(_ path: String, at place: SettingPlace) -> SettingValue? {
        do throws(SecretFileError) {
            return .secret(try SecretText(file: path))
        } catch {
            switch error {
            case .exposed(let mode):
                problems.append(.secretFileUnsafe(place, path: path, mode: mode))
            case .sizeInvalid: problems.append(.secretFileSize(place, path: path))
            case .unreadable(let reason):
                problems.append(.secretFileUnreadable(place, path: path, reason: reason))
            }
            return nil
        }
    }

    private mutating func reportMissing(_ declaration: SettingDeclaration) {
        problems.append(
            .missing(
                key: declaration.name,
                environment: declaration.environmentName(prefix: schema.environmentPrefix),
                expected: declaration.kind.expectation
            )
        )
    }

    private mutating func reportUnknown(
        _ name: String,
        shown: String? = nil,
        among names: [String],
        at place: SettingPlace
    ) {
        let nearest = NearestName.find(name, among: names)
        problems.append(.unknownKey(place, key: shown ?? name, nearest: nearest))
    }

    private mutating func reportWrong(
        _ declaration: SettingDeclaration,
        _ name: String,
        given text: String?,
        at place: SettingPlace
    ) {
        problems.append(
            .wrongValue(
                place,
                key: name,
                given: declaration.isSecret ? nil : text,
                expected: declaration.kind.expectation
            )
        )
    }
}
