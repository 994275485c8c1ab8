import Foundation

/// Rules for Markdown.
enum DocumentRules {
    /// Documents with no title of first rank, or with several.
    static func titles(_ file: SourceFile) -> [Finding] {
        let count = prose(file).count { $0.text.hasPrefix("# ") }
        return count == 1 ? [] : [Finding(path: file.path, problem: "\(count) titles, not 1")]
    }

    /// Links to files that aren't there.
    static func links(_ file: SourceFile, exists: (String) -> Bool) -> [Finding] {
        let folder = file.path.split(separator: "/").dropLast().map(String.init)
        return prose(file).flatMap { line in
            line.text.matches(of: /\]\(([^)\s]+)\)/).compactMap { match -> Finding? in
                let link = String(match.1)
                guard !link.hasPrefix("#"), !link.contains("://"), !link.hasPrefix("mailto:") else {
                    return nil
                }
                let target = String(link.prefix { $0 != "#" })
                guard let path = resolve(target, from: folder), exists(path) else {
                    return Finding(path: file.path, line: line.number, problem: "no file \(link)")
                }
                return nil
            }
        }
    }

    /// The lines outside of code blocks.
    private static func prose(_ file: SourceFile) -> [(number: Int, text: Substring)] {
        var isCode = false
        return file.lines.enumerated().compactMap { index, line in
            let isFence = line.drop { $0 == " " }.hasPrefix("```")
            if isFence { isCode.toggle() }
            return isFence || isCode ? nil : (index + 1, line)
        }
    }

    /// The path below the root; `nil` where the link leaves the tree.
    private static func resolve(_ link: String, from folder: [String]) -> String? {
        var parts = link.hasPrefix("/") ? [] : folder
        for part in link.split(separator: "/") {
            if part == ".." {
                if parts.popLast() == nil { return nil }
            } else if part != "." {
                parts.append(String(part))
            }
        }
        return parts.joined(separator: "/")
    }
}
