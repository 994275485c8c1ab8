internal import HTTPWire
internal import S3Wire

/// The operations of the dialect, docs/backend-dialect.md.
enum DialectOperation: String, CaseIterable, Sendable {
    case abortUpload = "AbortMultipartUpload"
    case completeUpload = "CompleteMultipartUpload"
    case copyObject = "CopyObject"
    case createBucket = "CreateBucket"
    case createUpload = "CreateMultipartUpload"
    case deleteBucket = "DeleteBucket"
    case deleteObject = "DeleteObject"
    case deleteObjects = "DeleteObjects"
    case getCapabilities = "GetCapabilities"
    case getMetrics = "GetMetrics"
    case getObject = "GetObject"
    case getTable = "GetTable"
    case getVersioning = "GetBucketVersioning"
    case headBucket = "HeadBucket"
    case headObject = "HeadObject"
    case listBuckets = "ListBuckets"
    case listObjects = "ListObjectsV2"
    case listParts = "ListParts"
    case listUploads = "ListMultipartUploads"
    case listVersions = "ListObjectVersions"
    case putObject = "PutObject"
    case putVersioning = "PutBucketVersioning"
    case replaceMetadata = "ReplaceMetadata"
    case uploadPart = "UploadPart"
    /// None of them.
    case unknown = "Unknown"

    /// Whether it only adds to the index; bodies ask for their room themselves.
    var takesRoom: Bool {
        switch self {
        case .completeUpload, .createBucket, .createUpload, .replaceMetadata: true
        default: false
        }
    }

    /// The operation that a request asks for; its names are checked.
    ///
    /// - Throws: `InvalidBucketName`, `KeyTooLongError`, `InvalidArgument` for a NUL in the key,
    ///   `NotImplemented` and `MethodNotAllowed` for what the dialect doesn't have.
    init(_ method: HTTPMethod, _ target: S3Target) throws(S3Error) {
        guard let bucket = target.bucket else {
            self = try Self.service(method, target.query)
            return
        }
        guard (1...255).contains(bucket.utf8.count), bucket.utf8.allSatisfy(Self.isBucketByte)
        else { throw S3Error(.invalidBucketName) }
        guard let key = target.key else {
            self = try Self.bucket(method, target.query)
            return
        }
        if let error = Self.refusal(ofKey: key) { throw error }
        self = try Self.object(method, target.query)
    }

    /// Why a key isn't allowed; `nil` where it is.
    static func refusal(ofKey key: String) -> S3Error? {
        if key.utf8.count > 1024 { return S3Error(.keyTooLong) }
        guard key.isEmpty || key.utf8.contains(0) else { return nil }
        return .invalidArgument(
            "A key has 1 to 1,024 bytes of UTF-8 without NUL",
            name: "Key",
            value: ""
        )
    }

    private static func isBucketByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7a: true
        case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
        default: false
        }
    }

    private static func service(
        _ method: HTTPMethod,
        _ query: S3Query
    ) throws(S3Error) -> DialectOperation {
        guard method == .get else { throw S3Error(.methodNotAllowed) }
        if query.contains("sealgate-capabilities") { return .getCapabilities }
        if query.contains("sealgate-metrics") { return .getMetrics }
        return .listBuckets
    }

    private static func bucket(
        _ method: HTTPMethod,
        _ query: S3Query
    ) throws(S3Error) -> DialectOperation {
        switch method {
        case .get:
            if query.contains("uploads") { return .listUploads }
            if query.contains("versions") { return .listVersions }
            if query.contains("versioning") { return .getVersioning }
            if query["list-type"] == "2" { return .listObjects }
            throw S3Error(.notImplemented)
        case .put: return query.contains("versioning") ? .putVersioning : .createBucket
        case .head: return .headBucket
        case .delete: return .deleteBucket
        case .post:
            if query.contains("delete") { return .deleteObjects }
            throw S3Error(.notImplemented)
        case .options, .other: throw S3Error(.methodNotAllowed)
        }
    }

    private static func object(
        _ method: HTTPMethod,
        _ query: S3Query
    ) throws(S3Error) -> DialectOperation {
        let isUpload = query.contains("uploadId")
        switch method {
        case .get:
            if isUpload { return .listParts }
            return query.contains("sealgate-table") ? .getTable : .getObject
        case .head: return .headObject
        case .put:
            if isUpload { return .uploadPart }
            if query.contains("sealgate-copy") { return .copyObject }
            return query.contains("sealgate-metadata") ? .replaceMetadata : .putObject
        case .delete: return isUpload ? .abortUpload : .deleteObject
        case .post:
            if isUpload { return .completeUpload }
            if query.contains("uploads") { return .createUpload }
            throw S3Error(.notImplemented)
        case .options, .other: throw S3Error(.methodNotAllowed)
        }
    }
}
