/// What a policy's conditions may look at.
public enum PolicyKey: String, CaseIterable, Sendable {
    /// When the request came.
    case currentTime = "aws:CurrentTime"
    /// When the request came, in seconds since 1970.
    case epochTime = "aws:EpochTime"
    /// `arn:aws:iam:::user/ID` of the sender.
    case principalARN = "aws:PrincipalArn"
    /// `User`, or `Anonymous`.
    case principalType = "aws:PrincipalType"
    /// The `referer` header.
    case referer = "aws:Referer"
    /// Whether the request came by TLS.
    case secureTransport = "aws:SecureTransport"
    /// The client's address.
    case sourceAddress = "aws:SourceIp"
    /// The `user-agent` header.
    case userAgent = "aws:UserAgent"
    /// The sender's id.
    case userID = "aws:userid"
    /// The sender's id.
    case userName = "aws:username"
    /// `REST-HEADER`, `REST-QUERY-STRING` or `POST`.
    case authType = "s3:authType"
    /// A listing's `delimiter`.
    case delimiter = "s3:delimiter"
    /// The `if-match` header.
    case ifMatch = "s3:if-match"
    /// The `if-none-match` header.
    case ifNoneMatch = "s3:if-none-match"
    /// A listing's `max-keys`.
    case maxKeys = "s3:max-keys"
    /// A listing's `prefix`.
    case prefix = "s3:prefix"
    /// How old a signature is, in milliseconds.
    case signatureAge = "s3:signatureAge"
    /// `AWS4-HMAC-SHA256`.
    case signatureVersion = "s3:signatureversion"
    /// 1.2 or 1.3.
    case tlsVersion = "s3:TlsVersion"
    /// The version that is asked for.
    case versionID = "s3:VersionId"
    /// The `x-amz-acl` header.
    case acl = "s3:x-amz-acl"
    /// The `x-amz-content-sha256` header.
    case contentSHA256 = "s3:x-amz-content-sha256"
    /// The bucket and key that are copied, `BUCKET/KEY`.
    case copySource = "s3:x-amz-copy-source"
    /// The `x-amz-metadata-directive` header.
    case metadataDirective = "s3:x-amz-metadata-directive"
    /// The `x-amz-server-side-encryption` header.
    case encryption = "s3:x-amz-server-side-encryption"
    /// The header of that name.
    case encryptionKeyID = "s3:x-amz-server-side-encryption-aws-kms-key-id"
    /// The header of that name.
    case customerAlgorithm = "s3:x-amz-server-side-encryption-customer-algorithm"
    /// The `x-amz-storage-class` header.
    case storageClass = "s3:x-amz-storage-class"
    /// The header of that name.
    case redirectLocation = "s3:x-amz-website-redirect-location"
}

extension PolicyKey {
    /// What kind of value a key has: which operators may look at it.
    enum Kind {
        case address, boolean, date, number, text
    }

    var kind: Kind {
        switch self {
        case .sourceAddress: .address
        case .secureTransport: .boolean
        case .currentTime: .date
        case .epochTime, .maxKeys, .signatureAge, .tlsVersion: .number
        default: .text
        }
    }

    /// The key of a condition; case doesn't matter.
    static func named(_ name: String) -> PolicyKey? { table[name.lowercased()] }

    private static let table = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0.rawValue.lowercased(), $0) }
    )
}
