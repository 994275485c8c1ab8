import Encoding
import Testing

@testable import Daemon

@Suite
struct AuditLogTests {
    private var record: AuditRecord {
        AuditRecord(
            time: Timestamp(milliseconds: 0),
            requestID: "r1",
            principal: "alice",
            operation: "s3:GetObject",
            outcome: .denied,
            sourceAddress: "127.0.0.1"
        )
    }

    @Test("a record has its fields in a fixed order, and those that don't apply left out")
    func fields() {
        var record = record
        #expect(
            String(decoding: record.line(), as: UTF8.self)
                == #"{"time":"1970-01-01T00:00:00.000Z","request_id":"r1","principal":"alice","#
                + #""operation":"s3:GetObject","outcome":"denied","#
                + #""source_address":"127.0.0.1"}"# + "\n"
        )
        record.bucket = "b"
        record.object = "o\n"
        record.keyID = "k"
        record.errorCode = "AccessDenied"
        record.reason = "policy"
        record.objectID = "00ff"
        record.status = 403
        let text = String(decoding: record.line(), as: UTF8.self)
        #expect(text.contains(#""bucket":"b","object":"o\n","key_id":"k","outcome":"denied","#))
        #expect(text.contains(#""error_code":"AccessDenied","reason":"policy","#))
        #expect(text.contains(#""object_id":"00ff","status":403,"source_address""#))
    }

    @Test("records go to the log's own file")
    func file() throws {
        let folder = try TemporaryFolder()
        let log = AuditLog(sink: try LineSink(path: folder.path + "/audit"))
        #expect(log.isRecording)
        log.record(record)
        log.flush()
        #expect(try folder.read("audit").split(separator: "\n").count == 1)
        try log.reopen()
        log.close()
        log.record(record)
        #expect(log.recordsDropped == 1)
    }

    @Test("a log without a sink records nothing")
    func disabled() {
        let log = AuditLog(sink: nil)
        #expect(!log.isRecording)
        log.record(record)
        #expect(log.recordsDropped == 0)
    }
}
