public import Encoding

/// Why bytes are no key record.
public enum KeyRecordError: Error, Equatable, Sendable {
    /// The bucket's name is empty, longer than 255 bytes or not printable ASCII.
    case bucketInvalid
    /// The KMS key's name isn't one.
    case keyIDInvalid
    /// The first byte names no kind of record, or the other kind.
    case kindInvalid
    /// A creation time that no clock shows.
    case timeInvalid
    /// Something follows the record.
    case trailingBytes
    /// The bytes end within the record, or a length points behind them.
    case truncated
    /// The wrapped key is empty or longer than 8,192 bytes.
    case wrappedKeyInvalid
}

/// A bucket key as it is stored: wrapped under a KMS key, bound to its bucket by the context.
///
/// `1 ‖ id 16 ‖ lp(bucket) ‖ lp(KMS key id) ‖ u64 created ‖ u32 KMS key version ‖ lp(wrapped key)`,
/// integers big-endian, `lp(x)` = u32 length ‖ x, `created` in milliseconds since 1970.
public struct BucketKeyRecord: Equatable, Sendable {
    /// The longest name of a bucket in bytes.
    public static let bucketCountMax = 255

    /// The bucket key's id.
    public var id: RecordID
    /// The bucket it belongs to.
    public var bucket: String
    /// The KMS key that wraps it.
    public var keyID: KeyID
    /// When it was made.
    public var created: Timestamp
    /// The version of the KMS key that wraps it.
    public var keyVersion: UInt32
    /// The wrapped key, 1 to 8,192 bytes.
    public var wrapped: [UInt8]

    /// A record from its parts.
    public init(
        id: RecordID,
        bucket: String,
        keyID: KeyID,
        created: Timestamp,
        keyVersion: UInt32,
        wrapped: [UInt8]
    ) {
        self.id = id
        self.bucket = bucket
        self.keyID = keyID
        self.created = created
        self.keyVersion = keyVersion
        self.wrapped = wrapped
    }

    /// Reads a record; it takes all of `bytes`.
    ///
    /// - Throws: the `KeyRecordError` of the first thing wrong.
    public init(decoding bytes: [UInt8]) throws(KeyRecordError) {
        var reader = KeyRecordReader(bytes)
        try reader.expectKind(1)
        id = try reader.readID()
        bucket = try reader.readBucket()
        keyID = try reader.readKeyID()
        created = try reader.readTime()
        keyVersion = try reader.readVersion()
        wrapped = try reader.readWrapped()
        try reader.finish()
    }

    /// The record's bytes.
    public func encode() -> [UInt8] {
        var bytes: [UInt8] = [1]
        bytes += id.bytes
        bytes.append(prefixed: bucket.utf8)
        bytes.append(prefixed: keyID.name.utf8)
        bytes.append(bigEndian: UInt64(bitPattern: created.milliseconds))
        bytes.append(bigEndian: keyVersion)
        bytes.append(prefixed: wrapped)
        return bytes
    }

    /// The name that the record is stored under: `bk/<bucket>/<id>`.
    public var name: String { Self.name(bucket: bucket, id: id) }

    /// The name of a bucket key's record.
    public static func name(bucket: String, id: RecordID) -> String {
        Self.prefix(bucket: bucket) + id.hex
    }

    /// What the names of a bucket's records begin with.
    static func prefix(bucket: String) -> String { "bk/\(bucket)/" }

    /// Whether a bucket of this name can have keys: 1 to 255 bytes of printable ASCII without `/`.
    static func isBucketValid(_ bucket: String) -> Bool {
        (1...bucketCountMax).contains(bucket.utf8.count)
            && bucket.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "/") }
    }
}

/// An attribute key as it is stored: wrapped under a KMS key.
///
/// `2 ‖ id 16 ‖ lp(KMS key id) ‖ u64 created ‖ u32 KMS key version ‖ lp(wrapped key)`, as for
/// `BucketKeyRecord`.
public struct AttributeKeyRecord: Equatable, Sendable {
    /// The attribute key's id.
    public var id: RecordID
    /// The KMS key that wraps it.
    public var keyID: KeyID
    /// When it was made.
    public var created: Timestamp
    /// The version of the KMS key that wraps it.
    public var keyVersion: UInt32
    /// The wrapped key, 1 to 8,192 bytes.
    public var wrapped: [UInt8]

    /// What the names of these records begin with.
    public static let prefix = "ak/"

    /// A record from its parts.
    public init(
        id: RecordID,
        keyID: KeyID,
        created: Timestamp,
        keyVersion: UInt32,
        wrapped: [UInt8]
    ) {
        self.id = id
        self.keyID = keyID
        self.created = created
        self.keyVersion = keyVersion
        self.wrapped = wrapped
    }

    /// Reads a record; it takes all of `bytes`.
    ///
    /// - Throws: the `KeyRecordError` of the first thing wrong.
    public init(decoding bytes: [UInt8]) throws(KeyRecordError) {
        var reader = KeyRecordReader(bytes)
        try reader.expectKind(2)
        id = try reader.readID()
        keyID = try reader.readKeyID()
        created = try reader.readTime()
        keyVersion = try reader.readVersion()
        wrapped = try reader.readWrapped()
        try reader.finish()
    }

    /// The record's bytes.
    public func encode() -> [UInt8] {
        var bytes: [UInt8] = [2]
        bytes += id.bytes
        bytes.append(prefixed: keyID.name.utf8)
        bytes.append(bigEndian: UInt64(bitPattern: created.milliseconds))
        bytes.append(bigEndian: keyVersion)
        bytes.append(prefixed: wrapped)
        return bytes
    }

    /// The name that the record is stored under: `ak/<id>`.
    public var name: String { Self.name(id: id) }

    /// The name of an attribute key's record.
    public static func name(id: RecordID) -> String { prefix + id.hex }
}

/// Reads the fields that both records have.
private struct KeyRecordReader {
    private var cursor: ByteCursor

    init(_ bytes: [UInt8]) { cursor = ByteCursor(bytes) }

    mutating func expectKind(_ kind: UInt8) throws(KeyRecordError) {
        guard let byte = cursor.readInteger(UInt8.self) else { throw .truncated }
        guard byte == kind else { throw .kindInvalid }
    }

    mutating func readID() throws(KeyRecordError) -> RecordID {
        guard let bytes = cursor.read(RecordID.count), let id = RecordID(bytes) else {
            throw .truncated
        }
        return id
    }

    mutating func readBucket() throws(KeyRecordError) -> String {
        let bucket = String(decoding: try readPrefixed(), as: UTF8.self)
        guard BucketKeyRecord.isBucketValid(bucket) else { throw .bucketInvalid }
        return bucket
    }

    mutating func readKeyID() throws(KeyRecordError) -> KeyID {
        let name = String(decoding: try readPrefixed(), as: UTF8.self)
        do throws(KMSError) { return try KeyID(name) } catch { throw .keyIDInvalid }
    }

    mutating func readTime() throws(KeyRecordError) -> Timestamp {
        guard let value = cursor.readInteger(UInt64.self) else { throw .truncated }
        // Below 2^48: what an id holds, and the year 10889.
        guard value < 1 << 48 else { throw .timeInvalid }
        return Timestamp(milliseconds: Int64(value))
    }

    mutating func readVersion() throws(KeyRecordError) -> UInt32 {
        guard let version = cursor.readInteger(UInt32.self) else { throw .truncated }
        return version
    }

    mutating func readWrapped() throws(KeyRecordError) -> [UInt8] {
        let wrapped = try readPrefixed()
        guard (1...GeneratedDataKey.wrappedCountMax).contains(wrapped.count) else {
            throw .wrappedKeyInvalid
        }
        return Array(wrapped)
    }

    func finish() throws(KeyRecordError) {
        guard cursor.remaining == 0 else { throw .trailingBytes }
    }

    private mutating func readPrefixed() throws(KeyRecordError) -> ArraySlice<UInt8> {
        guard let bytes = cursor.readPrefixed(limit: cursor.remaining) else { throw .truncated }
        return bytes
    }
}
