internal import Crypto
internal import Encoding

/// The 16-byte name of a bucket key or an attribute key.
///
/// New ones are 6 bytes of creation time (milliseconds, big-endian) and 10 random bytes: records
/// sort by age, and the age is bound to the key by its context, which holds the id.
public struct RecordID: Hashable, Sendable {
    /// The length in bytes.
    public static let count = 16

    /// The first 8 bytes, big-endian.
    public let high: UInt64
    /// The last 8 bytes, big-endian.
    public let low: UInt64

    /// An id of these bytes; `nil` unless they are 16.
    public init?(_ bytes: some Collection<UInt8>) { self.init(Array(bytes)) }

    /// An id of these bytes; `nil` unless they are 16.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.count else { return nil }
        var cursor = ByteCursor(bytes)
        guard let high = cursor.readInteger(UInt64.self), let low = cursor.readInteger(UInt64.self)
        else { return nil }
        self.init(high: high, low: low)
    }

    /// An id of its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// An id of 32 hexadecimal digits in lower case, else `nil`.
    public init?(hex: some StringProtocol) {
        guard let bytes = Hex.decode(hex.utf8), let id = RecordID(bytes), hex == id.hex else {
            return nil
        }
        self = id
    }

    /// A new id, made at `now`.
    ///
    /// - Throws: `.cryptographyFailed` without random numbers.
    static func make(now: Timestamp) throws(KMSError) -> RecordID {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: UInt64(bitPattern: now.milliseconds) << 16)
        bytes.removeLast(2)
        do throws(CryptoError) { bytes += try Random.bytes(10) } catch { throw .cryptographyFailed }
        guard let id = RecordID(bytes) else { throw .cryptographyFailed }
        return id
    }

    /// The 16 bytes.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: high)
        bytes.append(bigEndian: low)
        return bytes
    }

    /// 32 hexadecimal digits in lower case.
    public var hex: String { Hex.encode(bytes) }

    /// The time that an id of our making holds.
    var created: Timestamp { Timestamp(milliseconds: Int64(high >> 16)) }
}
