/// Why an operation on keys failed, whatever the provider.
///
/// Behind each case stands the S3 answer it is meant to become on a write and on a read. An unknown
/// key is never 404 on a read: clients that synchronise take 404 for "no such object".
public enum KMSError: Error, Equatable, Sendable {
    /// The provider refuses Sealgate itself, or the caller has no right: 403 `AccessDenied`.
    case accessDenied
    /// The caller's task was cancelled: no answer is due.
    case cancelled
    /// A wrapped key doesn't open.
    ///
    /// Altered, made under another key or with another context, not told apart on purpose: 500
    /// `InternalError` and an audit event.
    case ciphertextInvalid
    /// The key exists already: admin API only, 409 `Conflict`.
    case conflict(KeyID)
    /// The encryption context isn't allowed (a pair twice, too long): 400 `InvalidArgument`.
    case contextInvalid
    /// OpenSSL refused, the random generator isn't there, or the locked memory is full: 500
    /// `InternalError`.
    case cryptographyFailed
    /// A name that no key can have: answered as a key that isn't there.
    case invalidKeyID(String)
    /// The key is disabled: 400 `KMS.DisabledException`.
    case keyDisabled(KeyID)
    /// No such key: on a write 404 `NotFound` (or 400 `KMS.NotFoundException`, by the profile), on
    /// a read always 400 `KMS.NotFoundException`.
    case keyNotFound(KeyID)
    /// The key waits for its deletion: 400 `KMS.KMSInvalidStateException`.
    case keyPendingDeletion(KeyID)
    /// The key's file is damaged and must be restored from a backup: 500 `InternalError`.
    case keyUnreadable(KeyID)
    /// The provider gave no answers just now and isn't asked for a moment; the text says what came
    /// of the last call: 500 `InternalError` with `Retry-After`.
    case leftAlone(String)
    /// More keys, versions or tags than the limit named: admin API only, 400 `InvalidRequest`.
    case limitExceeded(String)
    /// The provider refuses what Sealgate asks for, or isn't who it should be: the settings, its
    /// keys or its certificate must be mended; the text says which. 500 `InternalError`.
    case misconfigured(String)
    /// No provider or no default key is configured: 500 `InternalError`.
    case notConfigured
    /// The provider can't do this: admin API only, 501 `NotImplemented`.
    case notSupported
    /// Too many calls wait for the KMS: 503 `SlowDown`.
    case overloaded
    /// A bucket key or attribute key record is damaged or belongs elsewhere: 500 `InternalError`.
    case recordInvalid(String)
    /// A bucket key or attribute key record isn't there (any more): 500 `InternalError`.
    case recordMissing(String)
    /// The provider is there and sealed: 500 `InternalError` with `Retry-After`.
    case sealed
    /// Key files, their modes or the master key aren't safe or right; the text holds the remedy.
    ///
    /// Found at start: the process doesn't come up.
    case stateUnsafe(String)
    /// The KMS was stopped by an administrator: 500 `InternalError`.
    case stopped
    /// The store that keeps the records doesn't answer: 503 `ServiceUnavailable`.
    case storeUnavailable
    /// No answer in time: 500 `InternalError` with `Retry-After`.
    case timedOut
    /// No connection, or an answer that is none: 500 `InternalError` with `Retry-After`.
    case unreachable(String)

    /// Whether the same call may succeed when tried again soon.
    public var isTransient: Bool {
        switch self {
        case .timedOut, .unreachable: true
        default: false
        }
    }
}
