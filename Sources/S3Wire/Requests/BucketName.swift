/// The rules for names of buckets that clients make.
public enum BucketName {
    /// Whether S3 lets a general-purpose bucket have the name.
    ///
    /// 3 to 63 bytes of `a-z 0-9 . -`, in labels between dots that begin and end with a letter or
    /// a digit; no IPv4 address, none of the beginnings and endings that S3 keeps for itself. So
    /// no name begins with a dot, as the reserved namespace's does.
    public static func isValid(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (3...63).contains(bytes.count) else { return false }
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        for label in labels {
            guard let first = label.first, let last = label.last, isAlphanumeric(first),
                isAlphanumeric(last),
                label.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") })
            else { return false }
        }
        if labels.count == 4,
            labels.allSatisfy({ $0.allSatisfy { (0x30...0x39).contains($0) } })
        {
            return false
        }
        return !reservedPrefixes.contains { name.hasPrefix($0) }
            && !reservedSuffixes.contains { name.hasSuffix($0) }
    }

    /// Checks a name of a bucket that is to be made.
    ///
    /// - Throws: `InvalidBucketName`.
    public static func validate(_ name: String) throws(S3Error) {
        guard isValid(name) else {
            throw S3Error(.invalidBucketName, details: [.init("BucketName", name)])
        }
    }

    private static let reservedPrefixes = ["xn--", "sthree-", "amzn-s3-demo-"]
    private static let reservedSuffixes = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"]

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte)
    }
}

/// The rules for keys.
public enum ObjectKey {
    /// The longest key, in bytes of UTF-8.
    public static let byteCountMax = 1024

    /// Checks a key.
    ///
    /// - Throws: `KeyTooLongError` over 1,024 bytes; `InvalidURI` for no byte at all and for NUL,
    ///   which the store can't keep.
    public static func validate(_ key: String) throws(S3Error) {
        let count = key.utf8.count
        guard count <= byteCountMax else {
            throw S3Error(
                .keyTooLong,
                details: [
                    .init("Size", String(count)), .init("MaxSizeAllowed", String(byteCountMax)),
                ]
            )
        }
        guard count > 0, !key.utf8.contains(0) else { throw S3Error(.invalidURI) }
    }
}
