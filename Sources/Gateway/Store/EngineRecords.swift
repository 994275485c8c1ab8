import Encoding
import S3Wire
import SealedObject

/// The names of the records that stand in for what an engine can't keep.
enum EngineRecordName {
    /// An open upload's envelope.
    static func upload(_ uploadID: String) -> String { "uploads/\(uploadID)" }

    /// A part's attributes.
    static func part(_ uploadID: String, _ number: some CustomStringConvertible) -> String {
        "\(parts(uploadID))\(number)"
    }

    /// What the records of an upload's parts begin with.
    static func parts(_ uploadID: String) -> String { "parts/\(uploadID)/" }

    /// An object's part table.
    static func table(_ objectID: Identifier) -> String { "tables/\(Hex.encode(objectID.bytes))" }
}

/// The record of a part: the engine's ETag, which names the attempt, and the sealed attributes.
struct EnginePartAttributes: Equatable, Sendable {
    /// The engine's ETag, without quotes.
    var entityTag: String
    /// The sealed part record, base64url.
    var attributes: String

    init(entityTag: String, attributes: String) {
        self.entityTag = EntityTag.unquoted(entityTag)
        self.attributes = attributes
    }

    /// Reads a record; `nil` for anything else than two lines.
    init?(_ bytes: [UInt8]) {
        guard let text = String(utf8: bytes) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 2, !lines[0].isEmpty, !lines[1].isEmpty else { return nil }
        self.init(entityTag: String(lines[0]), attributes: String(lines[1]))
    }

    var bytes: [UInt8] { Array("\(entityTag)\n\(attributes)".utf8) }
}

/// What a part table says without a key (docs/format.md, "Part table").
///
/// As an envelope's length it proves itself when the table is opened; listings show it as it is.
struct PartTableOutline: Equatable, Sendable {
    /// The bytes of a table that it takes.
    static let byteCount = 40

    let partCount: Int
    let plaintextCount: UInt64

    init?(_ bytes: [UInt8]) {
        var cursor = ByteCursor(bytes)
        guard let magic = cursor.read(4), magic.elementsEqual("SGWM".utf8),
            cursor.read(20) != nil, let count = cursor.readInteger(UInt32.self),
            cursor.read(4) != nil, let total = cursor.readInteger(UInt64.self),
            (1...UInt32(SealedFormat.partNumberMax)).contains(count),
            total <= UInt64(SealedFormat.objectCountMax)
        else { return nil }
        partCount = Int(count)
        plaintextCount = total
    }
}
