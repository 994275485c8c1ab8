public import HTTPWire

/// The names of the headers of server-side encryption, lower case.
public enum SSEHeader {
    /// What the names begin with that aren't of a copy's source.
    public static let prefix: StaticString = "x-amz-server-side-encryption"
    /// The mode.
    public static let encryption = "x-amz-server-side-encryption"
    /// The KMS key's id.
    public static let keyID = "x-amz-server-side-encryption-aws-kms-key-id"
    /// The KMS encryption context.
    public static let context = "x-amz-server-side-encryption-context"
    /// Whether a bucket key is used.
    public static let bucketKeyEnabled = "x-amz-server-side-encryption-bucket-key-enabled"

    /// The three headers of a customer's key.
    public struct Customer: Sendable {
        /// The algorithm.
        public let algorithm: String
        /// The key, base64.
        public let key: String
        /// The key's MD5, base64.
        public let digest: String

        /// For the object that a request is about.
        public static let object = Customer(
            algorithm: "x-amz-server-side-encryption-customer-algorithm",
            key: "x-amz-server-side-encryption-customer-key",
            digest: "x-amz-server-side-encryption-customer-key-md5"
        )
        /// For the object that a request copies.
        public static let copySource = Customer(
            algorithm: "x-amz-copy-source-server-side-encryption-customer-algorithm",
            key: "x-amz-copy-source-server-side-encryption-customer-key",
            digest: "x-amz-copy-source-server-side-encryption-customer-key-md5"
        )

        /// Whether any of the three is there.
        public func isPresent(in fields: HTTPFields) -> Bool {
            fields.contains(algorithm) || fields.contains(key) || fields.contains(digest)
        }
    }

    /// Whether a request says how what it writes is to be encrypted.
    static func isAnyPresent(in fields: HTTPFields) -> Bool {
        [encryption, keyID, context, bucketKeyEnabled].contains(where: fields.contains)
            || Customer.object.isPresent(in: fields)
    }

    /// Overwrites what `fields` and their copies hold of customers' keys and MD5s, once they were
    /// read; the headers themselves stay.
    public static func wipeKeys(in fields: HTTPFields) {
        guard
            fields.contains(prefix: "x-amz-server-side-encryption-customer-")
                || fields.contains(prefix: "x-amz-copy-source-")
        else { return }
        for names in [Customer.object, Customer.copySource] {
            fields.wipeValues(of: names.key)
            fields.wipeValues(of: names.digest)
        }
    }

    /// Whether a field of that name (lower case) must never be written to a log or an answer.
    public static func isSecret(_ name: String) -> Bool {
        for names in [Customer.object, Customer.copySource]
        where name == names.key || name == names.digest {
            return true
        }
        return false
    }
}
