/// The constants and limits of the sealed object format, version 1 (docs/format.md).
public enum SealedFormat {
    /// Plaintext bytes a segment: 65,536.
    public static let segmentCount = 65_536
    /// Bytes of a segment's tag: 16.
    public static let tagCount = 16
    /// Stored bytes of a full segment: 65,552.
    public static let sealedSegmentCount = segmentCount + tagCount
    /// Bytes of a stream's header: 96.
    public static let headerCount = 96
    /// The most plaintext bytes of one stream: 5 GiB.
    public static let streamCountMax = 5 << 30
    /// The most plaintext bytes of an object in parts: 5 TiB.
    public static let objectCountMax = 5 << 40
    /// The most parts of an object, and the highest part number: 10,000.
    public static let partNumberMax = 10_000
    /// The most bytes of padded attributes in an envelope: 24,576.
    public static let attributesCountMax = 24_576
    /// The most bytes of padded attributes in a part record: 4,096.
    public static let partAttributesCountMax = 4_096
    /// The most bytes of a KMS key's id: 2,048.
    public static let kmsKeyIDCountMax = 2_048
    /// The most bytes of a wrapped data key: 4,096.
    public static let wrappedKeyCountMax = 4_096
    /// The most bytes of a client's encryption context: 8,192.
    public static let clientContextCountMax = 8_192
    /// Bytes of every key of the hierarchy: 32.
    public static let keyCount = 32

    static let suite: UInt8 = 1
    static let segmentLog2: UInt8 = 16
}
