internal import Encoding

/// Which version of a key is meant.
enum VersionSelector: Equatable, Sendable {
    /// The newest.
    case current
    /// The one whose id is `null`.
    case null
    /// The one of that number, which isn't `null`.
    case numbered(Int64)

    /// The id of the version that was written while the bucket didn't keep versions.
    static let nullID = "null"

    /// The version that an id names; `nil` for what was never one.
    init?(id: String) {
        if id == Self.nullID {
            self = .null
            return
        }
        guard let bytes = Hex.decode(id), bytes.count == 8, Hex.encode(bytes) == id else {
            return nil
        }
        let value = bytes.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
        guard value < UInt64(Int64.max) else { return nil }
        self = .numbered(Int64.max - Int64(value))
    }

    /// The id of a numbered version: 16 digits that sort the newest first.
    static func id(_ version: Int64) -> String {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: UInt64(clamping: Int64.max - max(version, 1)))
        return Hex.encode(bytes)
    }

    /// The id that clients know a version by.
    static func id(_ version: Int64, isNull: Bool) -> String { isNull ? nullID : id(version) }
}
