/// What was decided at start, for people: aligned lines on the terminal.
public struct StartSummary: Sendable {
    private var lines: [(name: String, value: String)] = []
    private let title: String

    /// A summary under a title, as `sealgate 1.0.0`.
    public init(_ title: String) { self.title = title }

    /// Adds a line; never a secret.
    public mutating func add(_ name: String, _ value: String) { lines.append((name, value)) }

    /// The title, then the lines with their values in one column.
    public var text: String {
        let width = lines.map(\.name.count).max() ?? 0
        return lines.reduce(title + "\n") { text, line in
            let gap = String(repeating: " ", count: width - line.name.count + 2)
            return text + "  " + line.name + gap + line.value + "\n"
        }
    }
}
