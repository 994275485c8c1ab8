internal import Encoding

/// Which key wraps the object's key; only the combinations with a mode that the format allows.
public enum KeyReference: Hashable, Sendable {
    /// SSE-S3: the bucket key with this id.
    case bucketKey(Identifier)
    /// SSE-C: the key that the client sends with every request.
    case customerKey
    /// SSE-KMS through a bucket key: the one with this id.
    case kmsBucketKey(Identifier)
    /// SSE-KMS with a data key of the object's own.
    case kmsDataKey(WrappedDataKey)

    /// A data key as the KMS wrapped it.
    public struct WrappedDataKey: Hashable, Sendable {
        /// The resolved id of the KMS key, 1...2,048 bytes of UTF-8.
        public var kmsKeyID: String
        /// The data key as the KMS gave it, 1...4,096 bytes.
        public var wrapped: [UInt8]
        /// The client's encryption context as canonical JSON, 0...8,192 bytes; empty for none.
        public var clientContext: [UInt8]

        /// A wrapped data key; `Envelope` checks the limits.
        public init(kmsKeyID: String, wrapped: [UInt8], clientContext: [UInt8] = []) {
            self.kmsKeyID = kmsKeyID
            self.wrapped = wrapped
            self.clientContext = clientContext
        }
    }

    /// The mode that the reference belongs to.
    public var mode: EnvelopeMode {
        switch self {
        case .bucketKey: .s3
        case .customerKey: .customer
        case .kmsBucketKey, .kmsDataKey: .kms
        }
    }

    /// Whether it is SSE-KMS through a bucket key: bit 2 of the flags.
    public var isKMSBucketKey: Bool {
        if case .kmsBucketKey = self { true } else { false }
    }

    /// The length of the reference in the envelope.
    var count: Int {
        switch self {
        case .bucketKey, .kmsBucketKey: 1 + Identifier.count
        case .customerKey: 0
        case .kmsDataKey(let key):
            13 + key.kmsKeyID.utf8.count + key.wrapped.count + key.clientContext.count
        }
    }

    /// Appends the reference as it stands in the envelope.
    func append(to bytes: inout [UInt8]) {
        switch self {
        case .bucketKey(let id), .kmsBucketKey(let id):
            bytes.append(1)
            id.append(to: &bytes)
        case .customerKey:
            break
        case .kmsDataKey(let key):
            bytes.append(2)
            bytes.append(prefixed: key.kmsKeyID.utf8)
            bytes.append(prefixed: key.wrapped)
            bytes.append(prefixed: key.clientContext)
        }
    }

    /// Refuses values over their limits before they are written.
    func verify() throws(SealedObjectError) {
        guard case .kmsDataKey(let key) = self else { return }
        guard (1...SealedFormat.kmsKeyIDCountMax).contains(key.kmsKeyID.utf8.count),
            (1...SealedFormat.wrappedKeyCountMax).contains(key.wrapped.count),
            key.clientContext.count <= SealedFormat.clientContextCountMax
        else { throw .keyReferenceInvalid }
    }

    /// Reads the reference of an envelope with this mode and flag.
    init(
        parsing bytes: [UInt8],
        mode: EnvelopeMode,
        isKMSBucketKey: Bool
    ) throws(SealedObjectError) {
        var cursor = ByteCursor(bytes)
        let kind = cursor.readInteger(UInt8.self)
        switch (mode, isKMSBucketKey, kind) {
        case (.customer, false, nil):
            self = .customerKey
        case (.s3, false, 1), (.kms, true, 1):
            guard bytes.count == 1 + Identifier.count else { throw .keyReferenceInvalid }
            let id = try Identifier(bytes.dropFirst())
            self = isKMSBucketKey ? .kmsBucketKey(id) : .bucketKey(id)
        case (.kms, false, 2):
            guard let keyID = cursor.readPrefixed(limit: SealedFormat.kmsKeyIDCountMax),
                let kmsKeyID = String(utf8: keyID),
                let wrapped = cursor.readPrefixed(limit: SealedFormat.wrappedKeyCountMax),
                let context = cursor.readPrefixed(limit: SealedFormat.clientContextCountMax),
                cursor.remaining == 0
            else { throw .keyReferenceInvalid }
            self = .kmsDataKey(
                WrappedDataKey(
                    kmsKeyID: kmsKeyID,
                    wrapped: Array(wrapped),
                    clientContext: Array(context)
                )
            )
            try verify()
        default:
            throw .keyReferenceInvalid
        }
    }
}
