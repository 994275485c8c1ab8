internal import Crypto
internal import Encoding

/// The name of a KMS key: 1 to 256 characters of `A-Z a-z 0-9 . _ : / -`.
///
/// Wide enough for UUIDs, chosen names and Amazon resource names; a provider may allow fewer.
public struct KeyID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The longest name in characters.
    public static let characterCountMax = 256

    /// The name as given.
    public let name: String

    /// A checked name.
    ///
    /// - Throws: `.invalidKeyID`.
    public init(_ name: String) throws(KMSError) {
        guard (1...Self.characterCountMax).contains(name.utf8.count),
            name.utf8.allSatisfy(Self.isAllowed)
        else { throw .invalidKeyID(String(name.prefix(Self.characterCountMax))) }
        self.name = name
    }

    /// The name.
    public var description: String { name }

    /// Order of the names' bytes.
    public static func < (left: KeyID, right: KeyID) -> Bool { left.name < right.name }

    private static func isAllowed(_ character: UInt8) -> Bool {
        switch character {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "/"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }
}

extension KeyID {
    /// A random UUID, RFC 9562 version 4.
    ///
    /// - Throws: `.cryptographyFailed`.
    public static func random() throws(KMSError) -> KeyID {
        var bytes: [UInt8]
        do throws(CryptoError) { bytes = try Random.bytes(16) } catch { throw KMSError(error) }
        bytes[6] = bytes[6] & 0x0f | 0x40
        bytes[8] = bytes[8] & 0x3f | 0x80
        let ends = [4, 6, 8, 10, 16]
        let groups = zip([0] + ends, ends).map { Hex.encode(bytes[$0..<$1]) }
        return try KeyID(groups.joined(separator: "-"))
    }
}
