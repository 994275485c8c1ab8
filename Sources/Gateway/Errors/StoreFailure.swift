import HTTPWire
import S3Wire
import Transport

/// What clients are told when the store refuses or doesn't answer.
enum StoreFailure {
    /// No usable answer: 503 with `Retry-After`.
    static func answer(_ error: StoreError) -> S3Error {
        switch error {
        case .unreachable(.queueFull): KMSErrorMapping.retryable(.slowDown)
        case .unreachable: KMSErrorMapping.retryable(.serviceUnavailable)
        case .answerInvalid, .answerTooLarge: S3Error(.internalError)
        }
    }

    /// A status without a document, or one that the dialect doesn't have there.
    static func read(_ status: Int) -> S3Error {
        switch status {
        case 503: KMSErrorMapping.retryable(.serviceUnavailable)
        case 507: refusesWrites("has no room left for writes")
        default: S3Error(ObjectFault.storeFailed)
        }
    }

    private static func refusesWrites(_ why: String) -> S3Error {
        var error = KMSErrorMapping.retryable(.serviceUnavailable)
        error.message = "The storage \(why); reads go on."
        return error
    }

    /// The store's refusal with its document: its code is S3's own where clients may see it.
    static func reply(_ reply: StoreReply, _ scope: ErrorScope) -> S3Error {
        let code = (try? ErrorDocument(xml: reply.body))?.knownCode
        switch (reply.status, code) {
        case (503, .readOnlyStorage): return refusesWrites("takes no writes, its disk is read-only")
        case (503, .slowDown): return KMSErrorMapping.retryable(.slowDown)
        case (503, _), (507, _): return read(reply.status)
        default: break
        }
        guard (400..<500).contains(reply.status), let code, passedOn.contains(code)
        else { return byStatus(reply, scope) }
        return S3Error(
            code,
            details: scope.details(for: code),
            fields: markerFields(reply)
        )
    }

    /// The fields that tell of a delete marker, where that is why there is no object.
    private static func markerFields(_ reply: StoreReply) -> HTTPFields {
        var fields = HTTPFields()
        let outcome = VersionOutcome(reply.fields)
        guard outcome.isDeleteMarker else { return fields }
        outcome.append(to: &fields)
        for name in ["allow", "last-modified"] {
            if let value = reply.fields[name] { fields.append(name, value) }
        }
        return fields
    }

    /// Which bucket and key an error is about.
    struct ErrorScope: Sendable {
        var bucket: String
        var key: String?
        /// The version that the request named.
        var versionID: String?

        func details(for code: S3ErrorCode) -> [S3Error.Detail] {
            switch code {
            case .noSuchKey: [.init("Key", key ?? "")]
            case .noSuchVersion:
                [.init("Key", key ?? ""), .init("VersionId", versionID ?? "")]
            case .bucketAlreadyOwnedByYou, .bucketNotEmpty, .noSuchBucket:
                [.init("BucketName", bucket)]
            case .preconditionFailed: []
            default: []
            }
        }
    }

    /// The codes of the dialect that mean to a client what they mean to the gateway.
    private static let passedOn: Set<S3ErrorCode> = [
        .bucketAlreadyOwnedByYou, .bucketNotEmpty, .conditionalRequestConflict, .invalidPart,
        .invalidPartOrder, .keyTooLong, .metadataTooLarge, .noSuchBucket, .noSuchKey, .noSuchUpload,
        .noSuchVersion, .preconditionFailed,
    ]

    private static func byStatus(_ reply: StoreReply, _ scope: ErrorScope) -> S3Error {
        let fields = markerFields(reply)
        switch reply.status {
        case 400 where scope.versionID != nil:
            return invalidVersion(scope.versionID ?? "")
        case 405 where !fields.isEmpty: return S3Error(.methodNotAllowed, fields: fields)
        case 404 where scope.versionID != nil:
            return S3Error(.noSuchVersion, details: scope.details(for: .noSuchVersion))
        case 404 where scope.key != nil:
            return S3Error(.noSuchKey, details: scope.details(for: .noSuchKey), fields: fields)
        case 404: return S3Error(.noSuchBucket, details: scope.details(for: .noSuchBucket))
        case 412: return S3Error(.preconditionFailed)
        default: return S3Error(ObjectFault.storeFailed)
        }
    }

    /// `InvalidArgument` for what can't be a version's id.
    static func invalidVersion(_ id: String) -> S3Error {
        .invalidArgument("Invalid version id specified", name: "versionId", value: id)
    }
}
