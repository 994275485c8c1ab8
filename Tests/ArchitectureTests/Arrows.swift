/// Which target may use which: docs/architecture.md in a form that tests read.
enum Arrows {
    /// What comes with the toolchain and any target may import.
    static let everywhere: Set<String> = ["Swift", "Synchronization"]

    /// Targets that are pure: neither Foundation, nor Glibc, nor NIO.
    static let pure: Set<String> = [
        "Encoding", "HTTPWire", "S3Wire", "SealedObject", "SigV4", "Policy",
    ]

    /// What the store must hold nothing of, in any depth.
    static let forbiddenForStore: Set<String> = [
        "CAESGCMProvider", "CHashing", "COpenSSL", "CNGHTTP2", "Crypto", "SealedObject",
        "SigV4", "Policy", "KMS", "SecureTransport", "Gateway", "SwiftCrypto",
    ]

    /// Every target in Sources with the targets and packages' modules that it may import.
    static let allowed: [String: Set<String>] = [
        "COpenSSL": [],
        "CNGHTTP2": [],
        "CAESGCMProvider": ["COpenSSL", "SwiftCrypto"],
        "CChecksums": [],
        "CLinux": [],
        "CText": [],
        "Encoding": ["CText"],
        "HTTPWire": ["Encoding"],
        "S3Wire": ["HTTPWire", "Encoding"],
        "CHashing": ["COpenSSL"],
        "Crypto": ["CAESGCMProvider", "CHashing", "COpenSSL"],
        "SealedObject": ["Crypto", "Encoding"],
        "SigV4": ["Crypto", "HTTPWire", "Encoding"],
        "Policy": ["Encoding"],
        "KMS": ["Crypto", "HTTPWire", "Encoding", "CLinux"],
        "Transport": ["HTTPWire", "Encoding", "CLinux", "NIOCore", "NIOPosix"],
        "SecureTransport": [
            "Transport", "Crypto", "COpenSSL", "CNGHTTP2", "HTTPWire", "Encoding", "NIOCore",
            "NIOPosix",
        ],
        "Daemon": ["Encoding", "CLinux", "Logging", "Yams"],
        "Backend": [
            "S3Wire", "HTTPWire", "Encoding", "Transport", "Daemon", "CLinux", "NIOCore",
            "NIOPosix", "Logging", "GRDB",
        ],
        "Gateway": [
            "S3Wire", "HTTPWire", "Encoding", "Crypto", "CChecksums", "SealedObject", "SigV4",
            "Policy", "KMS", "Transport", "SecureTransport", "Daemon", "NIOCore", "NIOPosix",
            "Logging",
        ],
        "BackendMain": ["Backend", "Daemon", "Logging", "ArgumentParser"],
        "GatewayMain": ["Gateway", "Daemon", "Logging", "ArgumentParser"],
    ]

    private static let system: Set<String> = [
        "Dispatch", "Foundation", "FoundationEssentials", "Glibc",
    ]

    /// What a target's files may import, the toolchain's modules included.
    static func imports(of target: String) -> Set<String> {
        let base = (allowed[target] ?? []).union(everywhere)
        return pure.contains(target) ? base : base.union(system)
    }

    /// The module that a line imports; `nil` where it imports none.
    static func module(importedBy line: Substring) -> String? {
        let words = line.split(separator: " ", omittingEmptySubsequences: true)
        guard let index = words.firstIndex(of: "import"),
            words[..<index].allSatisfy({ Self.modifiers.contains($0) || $0.hasPrefix("@") })
        else { return nil }
        var rest = words[(index + 1)...]
        if let first = rest.first, Self.kinds.contains(first) { rest = rest.dropFirst() }
        return rest.first.map { String($0.prefix { $0 != "." }) }
    }

    /// The imports of a file that its target may not have.
    static func check(_ file: SourceFile) -> [Finding] {
        guard let target = file.target, file.fileExtension == "swift" else { return [] }
        let allowed = imports(of: target)
        return SwiftText(file.text).lines.enumerated().compactMap { index, line in
            guard let module = module(importedBy: line), !allowed.contains(module) else {
                return nil
            }
            return Finding(
                path: file.path,
                line: index + 1,
                problem: "\(target) may not import \(module)"
            )
        }
    }

    private static let modifiers: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private",
    ]

    private static let kinds: Set<Substring> = [
        "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
    ]
}
