import Foundation
import Testing

/// Files below `Fixtures/` at the top of the tree.
enum FixtureFile {
    static func bytes(_ path: String, file: String = #filePath) throws -> [UInt8] {
        let root = URL(filePath: file).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return Array(try Data(contentsOf: root.appending(path: "Fixtures").appending(path: path)))
    }

    /// Cases of lines `name: value`, apart by blank lines; names may repeat.
    static func cases(_ path: String) throws -> [[(name: String, value: String)]] {
        let text = String(decoding: try bytes(path), as: UTF8.self)
        return try text.split(separator: "\n\n").map { block in
            try block.split(separator: "\n").map { line in
                let colon = try #require(line.firstRange(of: ": "), "no colon: \(line)")
                return (
                    String(line[..<colon.lowerBound]), String(line[colon.upperBound...])
                )
            }
        }
    }
}
