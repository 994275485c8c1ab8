/// The targets of a `Package.swift` and what they depend on, read from its text.
///
/// From the text, because asking the package manager inside of a test waits for the build's lock.
struct Manifest {
    /// Each target with the names of targets and products that it depends on.
    let dependencies: [String: Set<String>]

    init(_ text: String) {
        let text = text.split(separator: "\n").filter { line in
            !line.drop { $0 == " " }.hasPrefix("//")
        }.joined(separator: "\n")
        var products: [String: String] = [:]
        let product = /let (\w+): Target\.Dependency = \.product\(\s*name: "(\w+)"([^)]*)\)/
        for match in text.matches(of: product) {
            // A product under another name is told by that name.
            let alias = match.3.firstMatch(of: /moduleAliases: \["\w+": "(\w+)"\]/)
            products[String(match.1)] = String(alias?.1 ?? match.2)
        }
        var dependencies: [String: Set<String>] = [:]
        let target =
            /(library|program|\.target|\.executableTarget|\.systemLibrary)\(\s*(?:name: )?"(\w+)"/
        for match in text.matches(of: target) {
            let rest = text[match.range.upperBound...]
            let list = match.1 == ".systemLibrary" ? "" : Self.list(in: rest)
            var names = Set(list.matches(of: /"(\w+)"/).map { String($0.1) })
            for word in list.matches(of: /\b[A-Za-z]\w*\b/) {
                if let product = products[String(word.0)] { names.insert(product) }
            }
            dependencies[String(match.2)] = names
        }
        self.dependencies = dependencies
    }

    /// Everything that a target depends on, in any depth.
    func closure(of target: String) -> Set<String> {
        var found: Set<String> = []
        var open = [target]
        while let next = open.popLast() {
            for name in dependencies[next] ?? [] where found.insert(name).inserted {
                open.append(name)
            }
        }
        return found
    }

    /// The first list in brackets before the call's own parenthesis closes; empty without one.
    private static func list(in text: Substring) -> Substring {
        var start: Substring.Index?
        for index in text.indices {
            switch text[index] {
            case "[": start = index
            case "]": return start.map { text[$0...index] } ?? ""
            case ")" where start == nil: return ""
            default: continue
            }
        }
        return ""
    }
}
