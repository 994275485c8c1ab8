public import HTTPWire

/// The rules of the server-side encryption headers, as pure functions of a request's fields.
///
/// Each function checks in S3's order and throws the first error; the checks that need the object
/// (its mode, its key) come in as arguments. Source: docs/reference/s3-compatibility.md.
public struct SSEPolicy: Sendable {
    /// Computes an MD5 digest, 16 bytes.
    public typealias Digest = @Sendable (Span<UInt8>) -> [UInt8]

    /// The profile.
    public var compatibility: Compatibility
    /// What a write gets where neither it nor its bucket says; `nil` where it is refused.
    public var gatewayDefault: SSEDefault?
    let digest: Digest

    /// Rules for a profile.
    ///
    /// - Parameters:
    ///   - compatibility: the profile.
    ///   - gatewayDefault: what a write gets where neither it nor its bucket says; `nil` where it
    ///     is refused.
    ///   - digest: computes an MD5 digest, 16 bytes.
    public init(
        compatibility: Compatibility,
        gatewayDefault: SSEDefault? = .sseS3,
        digest: @escaping Digest
    ) {
        self.compatibility = compatibility
        self.gatewayDefault = gatewayDefault
        self.digest = digest
    }

    /// Decides how PutObject, CopyObject's copy, CreateMultipartUpload and forms are encrypted.
    ///
    /// - Parameters:
    ///   - fields: the request's.
    ///   - transport: how it came.
    ///   - bucketDefault: the bucket's choice, where it made one.
    ///   - bucketBlocksCustomerKeys: whether the bucket refuses SSE-C.
    /// - Returns: what was asked, else the bucket's default, else the gateway's.
    /// - Throws: E1...E10, E18...E21, E34; `AccessDenied` where nothing names a mode.
    public func write(
        _ fields: HTTPFields,
        transport: SSETransport,
        bucketDefault: SSEDefault? = nil,
        bucketBlocksCustomerKeys: Bool = false
    ) throws(S3Error) -> SSEChoice {
        let count = fields.count(prefix: SSEHeader.prefix)
        guard count > 0 else { return try byDefault(bucketDefault, nil, transport) }
        let customer = SSEHeader.Customer.object
        // Mostly the mode is all there is.
        let isModeAlone = count == 1 && fields.contains(SSEHeader.encryption)
        let hasCustomerKey = !isModeAlone && customer.isPresent(in: fields)
        let encryption = Self.joined(SSEHeader.encryption, in: fields)
        if hasCustomerKey { try requireSecure(transport) }
        if encryption == "aws:kms" { try requireSecureForKMS(transport) }
        if let encryption, hasCustomerKey { throw SSEError.customerKeyWithMode(encryption) }
        switch encryption {
        case nil, "AES256", "aws:kms": break
        case "aws:kms:dsse": throw S3Error.notImplemented(header: SSEHeader.encryption)
        case let other?: throw SSEError.modeUnknown(other)
        }
        let kms = isModeAlone ? KMSHeaders() : try kmsHeaders(fields, encryption: encryption)
        if hasCustomerKey {
            if bucketBlocksCustomerKeys { throw S3Error(.accessDenied) }
            return .customer(try customerKey(fields, names: customer, isWrite: true))
        }
        switch encryption {
        case "AES256": return .sseS3
        case "aws:kms": return Self.choice(kms, bucketDefault: bucketDefault)
        default: break
        }
        return try byDefault(bucketDefault, kms.bucketKeyEnabled, transport)
    }

    /// What a write gets that names no mode.
    private func byDefault(
        _ bucketDefault: SSEDefault?,
        _ bucketKeyEnabled: Bool?,
        _ transport: SSETransport
    ) throws(S3Error) -> SSEChoice {
        switch bucketDefault ?? gatewayDefault {
        case nil: throw SSEError.modeMissing
        case .sseS3: return .sseS3
        case .sseKMS(let keyID, let enabledByDefault):
            try requireSecureForKMS(transport)
            return .sseKMS(
                keyID: keyID,
                context: nil,
                bucketKeyEnabled: bucketKeyEnabled ?? enabledByDefault
            )
        }
    }

    private struct KMSHeaders {
        var keyID: String?
        var context: String?
        var bucketKeyEnabled: Bool?
    }

    private func kmsHeaders(
        _ fields: HTTPFields,
        encryption: String?
    ) throws(S3Error) -> KMSHeaders {
        var kms = KMSHeaders()
        kms.keyID = Self.joined(SSEHeader.keyID, in: fields)
        let context = Self.joined(SSEHeader.context, in: fields)
        if encryption != "aws:kms", kms.keyID != nil || context != nil {
            throw SSEError.kmsHeaderWithoutMode(encryption)
        }
        if kms.keyID?.isEmpty == true { kms.keyID = nil }
        if let context {
            guard let parsed = SSEContext(header: context.utf8) else {
                throw SSEError.contextInvalid
            }
            kms.context = parsed.json
        }
        if let text = Self.joined(SSEHeader.bucketKeyEnabled, in: fields) {
            switch text.lowercased() {
            case "true": kms.bucketKeyEnabled = true
            case "false": kms.bucketKeyEnabled = false
            default:
                throw .invalidArgument(
                    "The bucket key header must be true or false.",
                    name: SSEHeader.bucketKeyEnabled,
                    value: text
                )
            }
        }
        return kms
    }

    // A request for SSE-KMS that names no key gets the bucket's key where the bucket has one.
    private static func choice(_ kms: KMSHeaders, bucketDefault: SSEDefault?) -> SSEChoice {
        var keyID = kms.keyID
        var bucketKeyEnabled = kms.bucketKeyEnabled
        if case .sseKMS(let defaultKeyID, let enabled) = bucketDefault {
            keyID = keyID ?? defaultKeyID
            bucketKeyEnabled = bucketKeyEnabled ?? enabled
        }
        return .sseKMS(keyID: keyID, context: kms.context, bucketKeyEnabled: bucketKeyEnabled)
    }

    /// The value of a header; several of one name are one value with commas, RFC 9110 section 5.2.
    static func joined(_ name: String, in fields: HTTPFields) -> String? {
        guard let first = fields.firstIndex(of: name) else { return nil }
        guard fields.firstIndex(of: name, from: first + 1) != nil else {
            return fields.value(at: first)
        }
        return fields.values(of: name).joined(separator: ",")
    }

    func requireSecure(_ transport: SSETransport) throws(S3Error) {
        guard transport.isSecure || transport.allowsInsecureKeys else {
            throw SSEError.customerKeyInsecure
        }
    }

    func requireSecureForKMS(_ transport: SSETransport) throws(S3Error) {
        guard transport.isSecure || transport.allowsInsecureKeys else {
            throw SSEError.kmsInsecure
        }
        guard transport.isSignatureVersion4 else { throw SSEError.kmsNeedsSignatureVersion4 }
    }
}
