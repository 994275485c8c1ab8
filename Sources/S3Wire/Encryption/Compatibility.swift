/// Where S3's own behaviour and that of the server whose documentation Sealgate follows differ.
///
/// The setting `compatibility` chooses one of the two tables; nothing else in the code asks which.
public struct Compatibility: Equatable, Sendable {
    /// Whether a key MD5 of 32 hexadecimal digits is taken for the base64 that it should be.
    public var acceptsHexadecimalKeyDigest: Bool
    /// The error where the key MD5 isn't that of the key.
    public var keyDigestMismatch: S3ErrorCode
    /// Whether answers about SSE-S3 objects name the default KMS key.
    public var namesKeyOfSSES3: Bool
    /// The error where a write names a KMS key that doesn't exist.
    public var unknownKeyOnWrite: S3ErrorCode

    /// A table from its values.
    public init(
        acceptsHexadecimalKeyDigest: Bool,
        keyDigestMismatch: S3ErrorCode,
        namesKeyOfSSES3: Bool,
        unknownKeyOnWrite: S3ErrorCode
    ) {
        self.acceptsHexadecimalKeyDigest = acceptsHexadecimalKeyDigest
        self.keyDigestMismatch = keyDigestMismatch
        self.namesKeyOfSSES3 = namesKeyOfSSES3
        self.unknownKeyOnWrite = unknownKeyOnWrite
    }

    /// The default: what RustFS's documentation of its encryption promises.
    public static let rustfs = Compatibility(
        acceptsHexadecimalKeyDigest: true,
        keyDigestMismatch: .accessDenied,
        namesKeyOfSSES3: true,
        unknownKeyOnWrite: .notFound
    )

    /// What S3 does.
    public static let aws = Compatibility(
        acceptsHexadecimalKeyDigest: false,
        keyDigestMismatch: .invalidArgument,
        namesKeyOfSSES3: false,
        unknownKeyOnWrite: .kmsNotFound
    )
}
