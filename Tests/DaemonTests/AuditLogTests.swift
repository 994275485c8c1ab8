import Encoding
import Foundation
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

    private func open(
        _ folder: TemporaryFolder,
        rotationBytes: Int = 1 << 20,
        queueBytesMax: Int = 1 << 20,
        isRequired: Bool = true,
        seal: AuditSeal = ToySeal.make()
    ) throws -> AuditLog {
        try AuditLog(
            AuditLogSettings(
                path: folder.path + "/audit",
                rotationBytes: rotationBytes,
                queueBytesMax: queueBytesMax,
                isRequired: isRequired
            ),
            seal,
            now: { Timestamp(milliseconds: 0) }
        )
    }

    /// All files in their order.
    private func files(_ folder: TemporaryFolder) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let rotated = names.filter { $0.hasPrefix("audit.") }
        return try (rotated + names.filter { $0 == "audit" }).map { try folder.read($0) }
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
        record.keyUse = AuditKeyUse(.unwrap, keyID: "used", keyVersion: 3, isFromCache: true)
        let used = String(decoding: record.line(), as: UTF8.self)
        #expect(
            used.contains(
                #""key_id":"used","key_version":3,"key_use":"unwrap","key_from":"cache","outcome""#
            )
        )
    }

    @Test("events are chained from the first to the last, and the end is one")
    func chained() throws {
        let folder = try TemporaryFolder()
        let log = try open(folder)
        #expect(log.isRecording)
        log.add(["a", "b\n\"", "c"])
        log.close()
        let (problems, summary) = verified(try files(folder))
        #expect(problems.isEmpty)
        #expect(summary.lineCount == 5 && summary.openEndCount == 0)
        #expect(summary.lastSequence == 5 && summary.firstSequence == 1)
        log.record(record)
        #expect(log.recordsDropped == 1)
    }

    @Test("a log without a file records nothing")
    func disabled() {
        let log = AuditLog()
        #expect(!log.isRecording && !log.refuses)
        log.record(record)
        #expect(log.recordsDropped == 0)
    }

    @Test("a run goes on where the last one ended, under a key of its own")
    func restart() throws {
        let folder = try TemporaryFolder()
        for key in UInt8(7)...9 {
            let log = try open(folder, seal: ToySeal.make(key))
            log.add(["a", "b"])
            log.close()
        }
        let (problems, summary) = verified(try files(folder), keys: [7, 8, 9])
        #expect(problems.isEmpty && summary.lineCount == 12 && summary.openEndCount == 0)
        // Without one of the keys its lines can't be proven, and are told; the others hold.
        let (missing, rest) = verified(try files(folder), keys: [7, 9])
        #expect(missing.count == 4 && rest.lineCount == 8)
    }

    @Test("a line that a crash tore is told once, and the chain goes on")
    func crash() throws {
        let folder = try TemporaryFolder()
        let log = try open(folder)
        log.add(["a", "b"])
        log.close()
        var text = try folder.read("audit")
        let lines = text.split(separator: "\n")
        // Killed in the middle of the third line: neither the rest nor a last event.
        text = lines[..<2].joined(separator: "\n") + "\n" + lines[2].prefix(70)
        try text.write(toFile: folder.path + "/audit", atomically: true, encoding: .utf8)
        let next = try open(folder)
        next.add(["c"])
        next.close()
        let (problems, summary) = verified(try files(folder))
        #expect(problems.isEmpty)
        #expect(summary.tornCount == 1 && summary.openEndCount == 1)
        // Another torn line than the one that was found isn't that one.
        let forged = try folder.read("audit").replacing(lines[2].prefix(70), with: "short")
        #expect(verified([forged]).problems.contains("3:malformed"))
    }

    @Test("files are rotated by size, each event once, the chain across them")
    func rotation() throws {
        let folder = try TemporaryFolder()
        let log = try open(folder, rotationBytes: 2000)
        for number in 0..<20 { log.add(["event-\(number)"]) }
        log.close()
        let files = try files(folder)
        #expect(files.count > 2)
        let (problems, summary) = verified(files)
        #expect(problems.isEmpty && summary.openEndCount == 0)
        for number in 0..<20 {
            #expect(files.joined().components(separatedBy: "\"event-\(number)\"").count == 2)
        }
        // A file that is left out shows at the one behind it.
        #expect(verified([files[0]] + files[2...]).problems.count == 1)
        // Where a crash came between renaming and the new file, the chain goes on all the same.
        try FileManager.default.removeItem(atPath: folder.path + "/audit")
        let next = try open(folder)
        next.close()
        #expect(verified(try self.files(folder)).problems.isEmpty)
    }

    @Test("a file that was taken away is followed by a new one")
    func reopen() throws {
        let folder = try TemporaryFolder()
        let log = try open(folder)
        log.add(["a"])
        try log.reopen()
        let old = folder.path + "/old"
        try FileManager.default.moveItem(atPath: folder.path + "/audit", toPath: old)
        try log.reopen()
        log.add(["b"])
        log.close()
        let texts = [try folder.read("old"), try folder.read("audit")]
        let (problems, summary) = verified(texts)
        #expect(problems.isEmpty && summary.lineCount == 5)
    }

    @Test("two logs don't write to one file")
    func exclusive() throws {
        let folder = try TemporaryFolder()
        let log = try open(folder)
        #expect(throws: AuditFileError.inUse(path: folder.path + "/audit")) { try open(folder) }
        log.close()
    }

    @Test(
        "while events can't be written requests are refused, and none is lost",
        arguments: [true, false]
    )
    func unwritable(isRequired: Bool) throws {
        let folder = try TemporaryFolder()
        let disk = SwitchedSeal()
        let log = try open(folder, isRequired: isRequired, seal: disk.seal)
        disk.set(off: true)
        log.add(["a", "b"])
        #expect(log.refuses == isRequired)
        #expect(log.failedWrites > 0 && log.recordsDropped == 0 && log.queuedBytes > 0)
        #expect(log.probe() == AuditFileError.sealFailed.explanation)
        disk.set(off: false)
        log.add(["c"])
        #expect(!log.refuses && log.queuedBytes == 0 && log.probe() == nil)
        log.close()
        let (problems, summary) = verified(try files(folder))
        #expect(problems.isEmpty && summary.lineCount == 5 && summary.lostCount == 0)
    }

    @Test("what the queue can't hold is lost, counted, and said in the chain")
    func overflow() throws {
        let folder = try TemporaryFolder()
        let disk = SwitchedSeal()
        let log = try open(folder, queueBytesMax: 1000, seal: disk.seal)
        disk.set(off: true)
        for number in 0..<20 { log.add(["event-\(number)"]) }
        #expect(log.recordsDropped > 10 && log.refuses && log.queuedBytes <= 1000)
        disk.set(off: false)
        log.flush()
        #expect(!log.refuses)
        log.close()
        let (problems, summary) = verified(try files(folder))
        #expect(problems.isEmpty && summary.lostCount == Int64(log.recordsDropped))
    }
}
