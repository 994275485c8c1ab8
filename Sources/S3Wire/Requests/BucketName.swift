internal import Encoding

/// The rules for names of buckets that clients make.
public enum BucketName {
    /// Whether S3 lets a general-purpose bucket have the name.
    ///
    /// 3 to 63 bytes of `a-z 0-9 . -`, in labels between dots that begin and end with a letter or
    /// a digit; no IPv4 address, none of the beginnings and endings that S3 keeps for itself. So
    /// no name begins with a dot, as the reserved namespace's does.
    public static func isValid(_ name: String) -> Bool {
        let bytes = name.utf8.span
        guard (3...63).contains(bytes.count) else { return false }
        var labelCount = 0
        var hasOther = false
        var start = 0
        while start <= bytes.count {
            let end = bytes.firstIndex(of: UInt8(ascii: "."), from: start)
            guard end > start, isAlphanumeric(bytes[start]), isAlphanumeric(bytes[end - 1]) else {
                return false
            }
            for index in start..<end where !isDigit(bytes[index]) {
                guard isLetter(bytes[index]) || bytes[index] == UInt8(ascii: "-") else {
                    return false
                }
                hasOther = true
            }
            labelCount += 1
            start = end + 1
        }
        let isAddress = labelCount == 4 && !hasOther
        return !isAddress && !isReserved(bytes)
    }

    private static func isReserved(_ name: Span<UInt8>) -> Bool {
        name.starts(with: "xn--") || name.starts(with: "sthree-")
            || name.starts(with: "amzn-s3-demo-") || name.ends(with: "-s3alias")
            || name.ends(with: "--ol-s3") || name.ends(with: ".mrap")
            || name.ends(with: "--x-s3") || name.ends(with: "--table-s3")
    }

    /// Checks a name of a bucket that is to be made.
    ///
    /// - Throws: `InvalidBucketName`.
    public static func validate(_ name: String) throws(S3Error) {
        guard isValid(name) else {
            throw S3Error(.invalidBucketName, details: [.init("BucketName", name)])
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) }
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
        let bytes = key.utf8.span
        guard count > 0, bytes.firstIndex(of: 0) == count else { throw S3Error(.invalidURI) }
    }
}
