import HTTPWire
import KMS
import S3Wire

/// How a new object is to be encrypted, after headers and defaults were weighed.
enum RequestedEncryption: Sendable {
    /// SSE-C: under the key that the request brought.
    case customer(CustomerKeyHolder)
    /// SSE-KMS: under a key of the KMS, through a bucket key or with a data key of its own.
    case kms(KeyID, context: EncryptionContext, throughBucketKey: Bool)
    /// SSE-S3: under a bucket key of the default KMS key.
    case managed

    /// How the object that a request writes is to be encrypted.
    ///
    /// - Throws: as the other initialisers.
    init(_ scope: RequestScope) throws(S3Error) {
        try self.init(scope.head.fields, scope.transport, scope.settings, scope.loop.services)
    }

    /// How the object, copy or upload that a request writes is to be encrypted.
    ///
    /// - Throws: as the other initialisers.
    init(_ request: ControlRequest) throws(S3Error) {
        try self.init(request.fields, request.transport, request.settings, request.services)
    }

    /// What a write gets: what its headers ask for, else its bucket's default, else the gateway's.
    ///
    /// The one place where this is decided, for every kind of write.
    ///
    /// - Parameters:
    ///   - fields: the request's headers, or a form's fields.
    ///   - transport: how the request came.
    ///   - settings: those of the bucket that is written to.
    ///   - services: the gateway's default and the keys.
    /// - Throws: what S3 answers to headers that break a rule, to SSE-C where the bucket blocks it,
    ///   and to an id that no key can have.
    init(
        _ fields: HTTPFields,
        _ transport: SSETransport,
        _ settings: BucketSettings,
        _ services: GatewayServices
    ) throws(S3Error) {
        let ofBucket = try settings.encryption()
        let choice = try services.sse.write(
            fields,
            transport: transport,
            bucketDefault: ofBucket?.byDefault,
            bucketBlocksCustomerKeys: ofBucket?.blocksCustomerKeys ?? false
        )
        switch consume choice {
        case .sseS3: self = .managed
        case .sseKMS(let keyID, let context, let bucketKeyEnabled):
            do throws(KMSError) {
                self = .kms(
                    try services.keys.resolve(keyID),
                    context: try context.map { json throws(KMSError) in
                        try EncryptionContext(json: Array(json.utf8))
                    } ?? .empty,
                    throughBucketKey: bucketKeyEnabled ?? false
                )
            } catch {
                throw services.errors.write(error)
            }
        case .customer(let key): self = .customer(try CustomerKeyHolder(key))
        }
    }

    /// The mode in S3's terms.
    var mode: SSEMode {
        switch self {
        case .customer: .customer
        case .kms: .sseKMS
        case .managed: .sseS3
        }
    }

    /// The KMS key that is asked, for the audit stream; `nil` for SSE-C.
    func keyID(_ services: GatewayServices) -> String? {
        switch self {
        case .customer: nil
        case .kms(let keyID, _, _): keyID.name
        case .managed: services.defaultKeyID
        }
    }

    /// The MD5 of the customer's key, for answers.
    var customerDigest: String? {
        if case .customer(let holder) = self { holder.md5 } else { nil }
    }
}
