/// Why settings were refused: everything that is wrong, not just the first.
public struct SettingsError: Error, Equatable, Sendable {
    /// What is wrong, at least one thing, in the order of file, environment, flags.
    public let problems: [SettingProblem]

    /// Problems to be told together.
    public init(problems: [SettingProblem]) { self.problems = problems }

    /// For the terminal: two lines a problem, `sealgate: error: …` and `sealgate: hint: …`.
    public func lines(program: String) -> [String] {
        problems.flatMap { problem in
            [
                "\(program): error: \(problem.message)",
                "\(program): hint: \(problem.hint)",
            ]
        }
    }
}

/// One thing that is wrong with the settings; never holds a secret.
public enum SettingProblem: Equatable, Sendable {
    /// The value is valid, but not together with the others; what is wrong and what to do.
    case conflict(SettingPlace, key: String, problem: String, remedy: String)
    /// The file has a key twice.
    case duplicateKey(SettingPlace, key: String)
    /// The configuration file isn't readable; the reason in words.
    case fileUnreadable(path: String, reason: String)
    /// A flag stands without its value.
    case flagWithoutValue(String)
    /// A required setting isn't given.
    case missing(key: String, environment: String, expected: String)
    /// A required field of an entry isn't given.
    case missingField(SettingPlace, key: String, expected: String)
    /// A section of the file holds something else than settings.
    case notASection(SettingPlace, key: String)
    /// A secret's file is empty or over 64 KiB.
    case secretFileSize(SettingPlace, path: String)
    /// A secret's file isn't readable; the reason in words.
    case secretFileUnreadable(SettingPlace, path: String, reason: String)
    /// A secret's file is open to other users; the mode in octal.
    case secretFileUnsafe(SettingPlace, path: String, mode: String)
    /// A secret is given itself and as a file in one place.
    case secretTwice(SettingPlace, key: String)
    /// A secret stands on the command line, where every user can read it.
    case secretOnCommandLine(flag: String)
    /// The file isn't YAML; the reason in words.
    case syntax(SettingPlace, problem: String)
    /// There is no such setting.
    case unknownKey(SettingPlace, key: String, nearest: String?)
    /// The value isn't of the setting's kind, or out of bounds; no `given` for secrets.
    case wrongValue(SettingPlace, key: String, given: String?, expected: String)

    /// What is wrong and where: lower case, no full stop.
    public var message: String {
        switch self {
        case .conflict(let place, let key, let problem, _): "\(place): \(key): \(problem)"
        case .duplicateKey(let place, let key): "\(place): \(key): is given twice"
        case .fileUnreadable(let path, let reason): "\(path): can't be read: \(reason)"
        case .flagWithoutValue(let flag): "\(flag): has no value"
        case .missing(let key, _, _): "\(key): is not set"
        case .missingField(let place, let key, _): "\(place): \(key): is not set"
        case .notASection(let place, let key): "\(place): \(key): is a section, not a value"
        case .secretFileSize(let place, let path):
            "\(place): \(path): is empty or longer than 64KiB"
        case .secretFileUnreadable(let place, let path, let reason):
            "\(place): \(path): can't be read: \(reason)"
        case .secretFileUnsafe(let place, let path, let mode):
            "\(place): \(path): holds a secret and has mode \(mode)"
        case .secretTwice(let place, let key): "\(place): \(key): is given itself and as a file"
        case .secretOnCommandLine(let flag): "\(flag): a secret may not stand on the command line"
        case .syntax(let place, let problem): "\(place): \(problem)"
        case .unknownKey(.flag(let flag), _, _): "\(flag): no such setting"
        case .unknownKey(let place, let key, _): "\(place): \(key): no such setting"
        case .wrongValue(let place, let key, let given, _):
            "\(place): \(key): " + (given.map { "\"\($0)\" is not valid" } ?? "is not valid")
        }
    }

    /// What to do about it: lower case, no full stop.
    public var hint: String {
        switch self {
        case .conflict(_, _, _, let remedy): remedy
        case .duplicateKey: "remove one of the two"
        case .fileUnreadable(let path, _): "check the path and that this user may read \(path)"
        case .flagWithoutValue(let flag): "write \(flag) VALUE"
        case .missing(let key, let environment, let expected):
            "set \(key) in the configuration file, or \(environment), to \(expected)"
        case .missingField(_, let key, let expected): "add \(key): \(expected)"
        case .notASection(_, let key): "write the settings of \(key) below it, indented"
        case .secretFileSize(_, let path): "write the secret, and nothing else, into \(path)"
        case .secretFileUnreadable(_, let path, _):
            "check the path and that this user may read \(path)"
        case .secretFileUnsafe(_, let path, _): "chmod 600 \(path)"
        case .secretTwice(_, let key): "keep \(key)_file and remove \(key)"
        case .secretOnCommandLine(let flag):
            "put it into a file of mode 600 and give \(flag)-file PATH"
        case .syntax: "mend the YAML; values with : or # in them want quotes"
        case .unknownKey(_, _, let nearest):
            nearest.map { "did you mean \($0)?" } ?? "`config print` lists every setting"
        case .wrongValue(_, _, _, let expected): "expected \(expected)"
        }
    }
}
