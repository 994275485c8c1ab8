import Foundation

/// A document of docs/ whose parts between markers are made by code.
///
/// A part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`, each on a line of its own.
/// With `SEALGATE_WRITE_DOCS` in the environment, `update` writes the parts anew.
public struct GeneratedDocument {
    private let file: URL

    /// A document by its path below the tree's root.
    public init(_ path: String) {
        file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: path)
    }

    /// The part of that name as it stands in the document; `nil` where it has none.
    public func part(_ name: String) throws -> String? {
        let text = try String(contentsOf: file, encoding: .utf8)
        guard let range = Self.range(of: name, in: text) else { return nil }
        return String(text[range])
    }

    /// Writes a part anew, where the environment asks for it.
    public func update(_ name: String, _ part: String) throws {
        guard ProcessInfo.processInfo.environment["SEALGATE_WRITE_DOCS"] != nil else { return }
        var text = try String(contentsOf: file, encoding: .utf8)
        guard let range = Self.range(of: name, in: text) else { return }
        text.replaceSubrange(range, with: part)
        try Data(text.utf8).write(to: file, options: .atomic)
    }

    private static func range(of name: String, in text: String) -> Range<String.Index>? {
        guard let begin = text.firstRange(of: "<!-- begin \(name) -->\n"),
            let end = text[begin.upperBound...].firstRange(of: "<!-- end \(name) -->\n")
        else { return nil }
        return begin.upperBound..<end.lowerBound
    }
}
