import Crypto
import Encoding
import Foundation
import SealedObject

/// A file of Fixtures/sealed-object/vectors: fields and the stored body.
struct Vector {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent()
        .appending(path: "../../Fixtures/sealed-object")
        .standardizedFileURL

    enum Malformed: Error {
        case keyMissing(String)
        case keyRepeated(String)
        case keyUnknown(String)
        case noEmptyLine
        case value(String)
    }

    private static let repeated: Set<String> = ["flip", "part", "splice"]
    private static let known: Set<String> = [
        "attribute-key", "attributes", "bucket", "check-size", "comment", "envelope", "expect",
        "flip", "key", "kms-key-id", "object-key", "part", "plaintext", "plaintext-sha256",
        "plaintext-size", "range", "released", "splice", "table", "table-salt", "wrap-salt",
        "wrapping-key",
    ]

    /// The record of `Fixtures/sealed-object/setting`, in hex.
    static var settingExample: String {
        let text = try? String(contentsOf: folder.appending(path: "setting"), encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix("record: ") }
        return String(line?.dropFirst(8) ?? "")
    }

    private var fields: [String: [String]] = [:]
    private(set) var body: [UInt8]

    static func names() throws -> [String] {
        let path = folder.appending(path: "vectors").path
        return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    init(named name: String) throws {
        let url = Self.folder.appending(path: "vectors/\(name)")
        let raw = [UInt8](try Data(contentsOf: url))
        let ends = raw.indices.dropLast().first { raw[$0] == 10 && raw[$0 + 1] == 10 }
        guard let end = ends else { throw Malformed.noEmptyLine }
        body = Array(raw[(end + 2)...])
        for line in String(decoding: raw[..<end], as: UTF8.self).split(separator: "\n") {
            let pair = line.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false)
            let key = String(pair[0])
            guard Self.known.contains(key) else { throw Malformed.keyUnknown(key) }
            guard Self.repeated.contains(key) || fields[key] == nil else {
                throw Malformed.keyRepeated(key)
            }
            fields[key, default: []].append(pair.count == 2 ? String(pair[1]) : "")
        }
        try putTogether()
    }

    private mutating func putTogether() throws {
        let splices = all("splice")
        if !splices.isEmpty {
            body = []
            for splice in splices {
                let words = splice.split(separator: " ")
                guard words.count == 3, let start = Int(words[1]), let end = Int(words[2]) else {
                    throw Malformed.value(splice)
                }
                body += try Vector(named: String(words[0])).body[start..<end]
            }
        }
        for flip in all("flip") {
            let words = flip.split(separator: " ")
            guard words.count == 2, let offset = Int(words[0]),
                let mask = UInt8(words[1], radix: 16)
            else { throw Malformed.value(flip) }
            body[offset] ^= mask
        }
    }

    func all(_ key: String) -> [String] { fields[key] ?? [] }

    func optional(_ key: String) -> String? { fields[key]?.first }

    func text(_ key: String) throws -> String {
        guard let value = optional(key) else { throw Malformed.keyMissing(key) }
        return value
    }

    func bytes(_ key: String) throws -> [UInt8] {
        guard let bytes = Hex.decode(try text(key)) else { throw Malformed.value(key) }
        return bytes
    }

    func secret(_ key: String) throws -> SecretBytes { try Sample.secret(bytes(key)) }

    var plaintext: [UInt8] {
        get throws {
            if optional("plaintext") != nil { return try bytes("plaintext") }
            guard let count = Int(try text("plaintext-size")) else {
                throw Malformed.value("plaintext-size")
            }
            return Sample.counted(count)
        }
    }

    var range: Range<Int>? {
        get throws {
            guard let text = optional("range") else { return nil }
            let words = text.split(separator: " ").compactMap { Int($0) }
            guard words.count == 2 else { throw Malformed.value("range") }
            return words[0]..<words[1]
        }
    }

    /// Part numbers and records.
    var records: [(number: UInt32, bytes: [UInt8])] {
        get throws {
            try all("part").map { line in
                let words = line.split(separator: " ")
                guard words.count == 2, let number = UInt32(words[0]),
                    let bytes = Hex.decode(String(words[1]))
                else { throw Malformed.value(line) }
                return (number, bytes)
            }
        }
    }
}
