import KMS
import S3Wire
import Testing

@testable import Gateway

/// One failure of the KMS and what becomes of it.
struct KMSFailure: Sendable, CustomTestStringConvertible {
    var error: KMSError
    var write: S3ErrorCode
    var read: S3ErrorCode
    var isRetryable = false

    var testDescription: String { "\(error)" }

    static func all() throws -> [KMSFailure] {
        let key = try KeyID("key")
        return [
            .init(error: .accessDenied, write: .accessDenied, read: .accessDenied),
            .init(error: .invalidKeyID("?"), write: .notFound, read: .kmsNotFound),
            .init(error: .keyNotFound(key), write: .notFound, read: .kmsNotFound),
            .init(error: .keyDisabled(key), write: .kmsDisabled, read: .kmsDisabled),
            .init(error: .keyPendingDeletion(key), write: .kmsInvalidState, read: .kmsInvalidState),
            .init(error: .contextInvalid, write: .invalidArgument, read: .invalidArgument),
            .init(error: .overloaded, write: .slowDown, read: .slowDown, isRetryable: true),
            retryable(.storeUnavailable, .serviceUnavailable), retryable(.unreachable("x")),
            retryable(.timedOut), retryable(.sealed), retryable(.stopped),
            retryable(.notConfigured), retryable(.leftAlone("x")),
            broken(.ciphertextInvalid), broken(.keyUnreadable(key)), broken(.recordInvalid("x")),
            broken(.recordMissing("x")), broken(.cryptographyFailed), broken(.cancelled),
            broken(.conflict(key)), broken(.limitExceeded("x")), broken(.notSupported),
            broken(.stateUnsafe("x")), broken(.misconfigured("x")),
        ]
    }

    private static func broken(_ error: KMSError) -> KMSFailure {
        .init(error: error, write: .internalError, read: .internalError)
    }

    private static func retryable(
        _ error: KMSError,
        _ code: S3ErrorCode = .internalError
    ) -> KMSFailure {
        .init(error: error, write: code, read: code, isRetryable: true)
    }

    /// When it happens and what to do about it; `nil` for what only the admin API or a start sees.
    var explanation: (condition: String, remedy: String)? {
        switch error {
        case .accessDenied:
            ("the KMS refuses Sealgate", "give Sealgate's identity the right to use the key")
        case .cancelled, .conflict, .limitExceeded, .notSupported, .stateUnsafe: nil
        case .ciphertextInvalid:
            (
                "a wrapped key does not open: it was changed, or is another's",
                "see the audit event; restore the object or its key record"
            )
        case .contextInvalid:
            (
                "the encryption context is over 8 KiB, or names aws:s3:arn",
                "send a JSON object of fewer strings"
            )
        case .cryptographyFailed:
            ("OpenSSL or locked memory failed", "raise the limit of locked memory, ulimit -l")
        case .invalidKeyID: ("the key id is no name that a key can have", "see GET /kms/keys")
        case .keyDisabled: ("the KMS key is disabled", "enable it by the admin API")
        case .keyNotFound:
            ("there is no KMS key of that id", "make it, or see GET /kms/keys for those there are")
        case .keyPendingDeletion:
            ("the KMS key waits for its deletion", "cancel the deletion by the admin API")
        case .keyUnreadable: ("the key's file is damaged", "restore the file from a backup")
        case .leftAlone:
            (
                "the KMS gave no answers just now, and isn't asked for kms.circuit_pause",
                "try again; reach the KMS: see GET /kms/status"
            )
        case .misconfigured:
            ("the KMS refuses what it is asked, or isn't who it should be", "see GET /kms/status")
        case .notConfigured: ("no default KMS key is configured", "set kms.default_key_id")
        case .overloaded:
            ("too many calls wait for the KMS", "retry; raise kms.calls_in_flight_max")
        case .recordInvalid:
            ("a key record in the store is damaged", "restore the reserved namespace")
        case .recordMissing:
            ("a key record is gone from the store", "restore the reserved namespace")
        case .sealed: ("the KMS is sealed", "unseal it")
        case .stopped: ("the KMS was stopped by an administrator", "POST /kms/start")
        case .storeUnavailable: ("the store does not give key records", "look at the store")
        case .timedOut: ("the KMS does not answer in time", "retry; see /kms/status")
        case .unreachable: ("the KMS can't be reached", "retry; see /kms/status")
        }
    }
}

@Suite struct KMSErrorMappingTests {
    @Test("every failure of the KMS has its answer, on writes and on reads")
    func answers() throws {
        let mapping = KMSErrorMapping(compatibility: .rustfs)
        for failure in try KMSFailure.all() {
            #expect(mapping.write(failure.error).code == failure.write, "\(failure.error)")
            #expect(mapping.read(failure.error).code == failure.read, "\(failure.error)")
            let retries = mapping.read(failure.error).fields.contains("retry-after")
            #expect(retries == failure.isRetryable, "\(failure.error)")
        }
    }

    @Test("no failure of the KMS is 404 on a read: clients would take the object for gone")
    func never404() throws {
        for compatibility in [Compatibility.rustfs, .aws] {
            let mapping = KMSErrorMapping(compatibility: compatibility)
            for failure in try KMSFailure.all() {
                #expect(mapping.read(failure.error).status != 404, "\(failure.error)")
            }
        }
    }

    @Test("an unknown key on a write is what the profile says")
    func profiles() throws {
        let error = KMSError.keyNotFound(try KeyID("key"))
        #expect(KMSErrorMapping(compatibility: .rustfs).write(error).status == 404)
        #expect(KMSErrorMapping(compatibility: .rustfs).write(error).message.contains("'key'"))
        #expect(KMSErrorMapping(compatibility: .aws).write(error).code == .kmsNotFound)
        #expect(KMSErrorMapping(compatibility: .aws).write(error).status == 400)
    }
}
