import Foundation

/// One text file of the tree.
struct SourceFile: Sendable {
    /// Below the tree's root, as `Sources/Crypto/Random.swift`.
    let path: String
    let text: String

    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }

    var fileExtension: String { path.split(separator: ".").last.map(String.init) ?? "" }

    /// The target of a file in Sources, else `nil`.
    var target: String? {
        let parts = path.split(separator: "/")
        return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
    }
}

/// Something that breaks a rule.
struct Finding: Equatable, CustomStringConvertible {
    let path: String
    var line = 0
    let problem: String

    var description: String { "\(path):\(line): \(problem)" }
}

/// The project's files, as they are on disk.
enum SourceTree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static let topFolders = [
        "Sources", "Tests", "Fixtures", "Fuzz", "Benchmarks", "docs", "scripts", "packaging", ".ci",
    ]

    /// Every text file: the top's own, and all of the folders that belong to the project.
    static let files: [SourceFile] = {
        let manager = FileManager.default
        var paths = (try? manager.contentsOfDirectory(atPath: root.path())) ?? []
        for folder in topFolders {
            let walk = manager.enumerator(atPath: root.appending(path: folder).path())
            while let path = walk?.nextObject() as? String { paths.append(folder + "/" + path) }
        }
        return paths.sorted().filter { !isLeftOut($0) }.compactMap { read($0) }
    }()

    static let swiftFiles = files.filter { $0.fileExtension == "swift" }

    static let documents = files.filter { $0.fileExtension == "md" }

    /// Whether there is a file or folder of this path below the root.
    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path())
    }

    static func read(_ path: String) -> SourceFile? {
        var isFolder: ObjCBool = false
        let full = root.appending(path: path).path()
        guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder),
            !isFolder.boolValue, let data = FileManager.default.contents(atPath: full),
            data.count < 4 << 20, !data.contains(0),
            let text = String(data: data, encoding: .utf8)
        else { return nil }
        return SourceFile(path: path, text: text)
    }

    // What tools leave behind, here and in the packages inside of the tree.
    private static func isLeftOut(_ path: String) -> Bool {
        path == "Package.resolved" || path == ".git"
            || path.split(separator: "/").contains {
                [".build", "__pycache__", ".tools", ".sealgate"].contains($0)
            }
    }
}
