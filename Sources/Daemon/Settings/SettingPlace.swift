/// Where a setting's value came from.
public enum SettingPlace: Equatable, Sendable, CustomStringConvertible {
    /// The default of the declaration.
    case builtIn
    /// A request to a program that runs.
    case change
    /// A variable of the environment.
    case environment(String)
    /// A line of the configuration file, counted from 1.
    case file(path: String, line: Int)
    /// A flag of the command line.
    case flag(String)

    /// `default`, the variable's or flag's name, or `path:line`.
    public var description: String {
        switch self {
        case .builtIn: "default"
        case .change: "the configuration given"
        case .environment(let name): name
        case .file(let path, let line): "\(path):\(line)"
        case .flag(let name): name
        }
    }
}

/// One value given on the command line.
public struct SettingFlag: Equatable, Sendable {
    /// The flag with its dashes, as `--listen-address`.
    public var name: String
    /// The value as it was given.
    public var value: String

    /// A flag with its value.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
