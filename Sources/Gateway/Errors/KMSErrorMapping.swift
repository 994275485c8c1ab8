import HTTPWire
import KMS
import S3Wire

/// What clients are told of KMS failures, on writes and reads (docs/reference/errors.md).
struct KMSErrorMapping: Sendable {
    /// How long clients are asked to wait, in seconds, where trying again may help.
    static let retryAfterSeconds = 5

    let compatibility: Compatibility

    /// The answer to a write: a key that is unknown, or can't be, is the request's own fault.
    func write(_ error: KMSError) -> S3Error {
        switch error {
        case .keyNotFound(let keyID): SSEError.keyUnknown(keyID.name, compatibility)
        case .invalidKeyID(let name): SSEError.keyUnknown(name, compatibility)
        default: common(error)
        }
    }

    /// The answer to a read: never 404, which clients that synchronise take for "no such object".
    func read(_ error: KMSError) -> S3Error {
        switch error {
        case .keyNotFound(let keyID): S3Error(.kmsNotFound, "Key '\(keyID)' does not exist")
        case .invalidKeyID(let name): S3Error(.kmsNotFound, "Invalid keyId '\(name)'")
        default: common(error)
        }
    }

    private func common(_ error: KMSError) -> S3Error {
        switch error {
        case .accessDenied: S3Error(.accessDenied)
        case .keyDisabled(let keyID): S3Error(.kmsDisabled, "\(keyID) is disabled.")
        case .keyPendingDeletion(let keyID):
            S3Error(.kmsInvalidState, "\(keyID) is pending deletion.")
        case .contextInvalid:
            S3Error(
                .invalidArgument,
                "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 "
                    + "string holding JSON which represents a string-string map"
            )
        case .overloaded: Self.retryable(.slowDown)
        case .storeUnavailable: Self.retryable(.serviceUnavailable)
        case .leftAlone, .notConfigured, .sealed, .stopped, .timedOut, .unreachable:
            Self.retryable(.internalError)
        case .cancelled, .ciphertextInvalid, .conflict, .cryptographyFailed, .invalidKeyID,
            .keyNotFound, .keyUnreadable, .limitExceeded, .misconfigured, .notSupported,
            .recordInvalid,
            .recordMissing, .stateUnsafe:
            S3Error(.internalError)
        }
    }

    /// An error that says when to come back.
    static func retryable(_ code: S3ErrorCode) -> S3Error {
        S3Error(code, fields: HTTPFields([("retry-after", String(retryAfterSeconds))]))
    }
}
