import Daemon
import Encoding
import Logging
import S3Wire
import SealedObject
import Transport

extension RequestScope {
    /// Keeps what the audit stream and the metrics want to know of the object.
    func note(_ opened: OpenedObject) {
        mode = opened.envelope.sseMode
        keyID = opened.keyID(loop.services)
        if let use = opened.keyUse { keyUse = use }
    }

    /// A stored object that can't be given out: one line in the log, one audit event.
    func report(_ fault: ObjectFault, objectID: Identifier?) {
        report(fault.reason, objectID: objectID)
    }

    /// Something stored that can't be used, and why.
    func report(_ reason: String, objectID: Identifier?) {
        loop.services.log.error(
            "stored object refused",
            metadata: [
                "request_id": "\(id)", "bucket": "\(bucket)", "key": "\(key)",
                "object_id": "\(objectID.map { Hex.encode($0.bytes) } ?? "")",
                "reason": "\(reason)",
            ]
        )
        var record = auditRecord(.failure)
        record.reason = reason
        record.objectID = objectID.map { Hex.encode($0.bytes) }
        loop.services.audit.record(record)
        loop.services.metrics.objectFaults.increment()
    }

    /// The request is over: its line in the log, its audit event, its metrics.
    func finish(complete: Bool) {
        wipeCustomerKeys()
        let elapsed = loop.services.clock().milliseconds &- beganAt.milliseconds
        loop.counters.count(operation, status: status, mode: mode)
        loop.services.metrics.duration.observe(Double(elapsed) / 1000)
        loop.services.log.debug(
            "request",
            metadata: [
                "request_id": "\(id)", "operation": "\(operation?.rawValue ?? "")",
                "status": "\(status)", "error": "\(errorCode?.rawValue ?? "")",
                "bucket": "\(bucket)", "key": "\(key)", "source": "\(exchange.peer.address)",
                "milliseconds": "\(elapsed)", "complete": "\(complete)",
            ]
        )
        let audit = loop.services.audit
        guard audit.isRecording else { return }
        var uses = controlUses?.all ?? []
        if keyUse == nil { keyUse = uses.popLast() }
        // Uses besides the last: each has an event of its own, under the request's id.
        for use in uses {
            var record = auditRecord(.success)
            record.keyUse = use
            record.errorCode = nil
            record.status = nil
            audit.record(record)
        }
        if isAudited { audit.record(auditRecord(outcome(complete))) }
    }

    /// On record is what used a key, what was to use one and couldn't, and what was denied.
    private var isAudited: Bool {
        if mode != nil || keyUse != nil || status == 401 || status == 403 { return true }
        switch errorCode {
        case .kmsDisabled, .kmsInvalidState, .kmsNotFound, .notFound: return true
        default: return false
        }
    }

    private func outcome(_ complete: Bool) -> AuditOutcome {
        switch status {
        case 200..<400: complete && errorCode == nil ? .success : .failure
        case 401, 403: .denied
        default: .failure
        }
    }

    private func auditRecord(_ outcome: AuditOutcome) -> AuditRecord {
        var record = AuditRecord(
            time: loop.services.clock(),
            requestID: id,
            principal: sender?.credential.id,
            operation: "s3:\(operation?.rawValue ?? "")",
            outcome: outcome,
            sourceAddress: exchange.peer.address
        )
        record.bucket = bucket.isEmpty ? nil : bucket
        record.object = key.isEmpty ? nil : key
        record.keyID = keyID
        record.keyUse = keyUse
        record.errorCode = errorCode?.rawValue
        record.status = status == 0 ? nil : status
        return record
    }
}

extension SSEMode {
    /// The mode's name in audit events and metrics.
    var label: String {
        switch self {
        case .none: "none"
        case .sseS3: "SSE-S3"
        case .sseKMS: "SSE-KMS"
        case .customer: "SSE-C"
        }
    }
}
