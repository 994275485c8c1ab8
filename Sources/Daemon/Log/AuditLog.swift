public import Encoding

/// How an audited operation ended.
public enum AuditOutcome: String, Sendable {
    /// Refused, by authentication, policy or the KMS.
    case denied
    /// Allowed, and failed.
    case failure
    /// Done.
    case success
}

/// One line of the audit log; fields that don't apply are left out.
public struct AuditRecord: Sendable {
    /// When the operation ended.
    public var time: Timestamp
    /// The request's id, as the client was told.
    public var requestID: String
    /// Who asked: the credential's id; `nil` where nobody was authenticated.
    public var principal: String?
    /// What was asked, as `s3:PutObject` or `kms:CreateKey`.
    public var operation: String
    /// The bucket.
    public var bucket: String?
    /// The object's key.
    public var object: String?
    /// The id of the KMS key that was used or asked for.
    public var keyID: String?
    /// How it ended.
    public var outcome: AuditOutcome
    /// The S3 error code of what didn't succeed.
    public var errorCode: String?
    /// Why, in words for the operator.
    public var reason: String?
    /// The id of the sealed object that was at stake, hexadecimal.
    public var objectID: String?
    /// The HTTP status of the answer.
    public var status: Int?
    /// The client's address without port.
    public var sourceAddress: String

    /// A record; what doesn't apply is set afterwards or left out.
    public init(
        time: Timestamp,
        requestID: String,
        principal: String?,
        operation: String,
        outcome: AuditOutcome,
        sourceAddress: String
    ) {
        self.time = time
        self.requestID = requestID
        self.principal = principal
        self.operation = operation
        self.outcome = outcome
        self.sourceAddress = sourceAddress
    }

    /// The record as a JSON object on a line.
    func line() -> [UInt8] {
        var line = JSONLine()
        line.add("time", time.iso8601)
        line.add("request_id", requestID)
        line.add("principal", principal)
        line.add("operation", operation)
        line.add("bucket", bucket)
        line.add("object", object)
        line.add("key_id", keyID)
        line.add("outcome", outcome.rawValue)
        line.add("error_code", errorCode)
        line.add("reason", reason)
        line.add("object_id", objectID)
        line.add("status", status)
        line.add("source_address", sourceAddress)
        return line.finish()
    }
}

/// Who did what, apart from the log: JSON lines of typed fields.
///
/// Recording never blocks; what doesn't fit the queue is dropped and counted, so watch
/// `recordsDropped`.
public final class AuditLog: Sendable {
    private let sink: LineSink?

    /// A log that writes to `sink`; `nil` records nothing.
    public init(sink: LineSink?) { self.sink = sink }

    /// Whether records go anywhere.
    public var isRecording: Bool { sink != nil }

    /// How many records were lost.
    public var recordsDropped: UInt64 { sink?.linesDropped ?? 0 }

    /// Queues a record.
    public func record(_ record: AuditRecord) { sink?.write(record.line()) }

    /// Writes what is queued before it returns; blocks.
    public func flush() { sink?.flush() }

    /// Goes on in a new file of the same path: on SIGHUP, after rotation.
    ///
    /// - Throws: `.fileUnusable`; the old file stays in use.
    public func reopen() throws(LineSink.OpenError) { try sink?.reopen() }

    /// Writes what is queued and ends.
    public func close() { sink?.close() }
}
