import Encoding
import Foundation
import TestSupport
import Testing

@testable import Daemon

@Suite
struct AuditVerificationTests {
    /// Lines 1 and 8 are the stream's own.
    private static func lines() throws -> [String] {
        let folder = try TemporaryFolder()
        let log = try AuditLog(
            AuditLogSettings(path: folder.path + "/audit"),
            ToySeal.make(),
            now: { Timestamp(milliseconds: 0) }
        )
        log.add((1...6).map { "event-\($0)" })
        log.close()
        return try folder.read("audit").split(separator: "\n").map(String.init)
    }

    private func problems(_ lines: [String]) -> [String] {
        verified([lines.joined(separator: "\n")]).problems
    }

    @Test("a line that was taken out shows where it is missing")
    func removed() throws {
        let lines = try Self.lines()
        for index in 1..<7 {
            var cut = lines
            cut.remove(at: index)
            #expect(
                problems(cut) == [
                    "\(index + 1):outOfOrder(found: \(index + 2), due: \(index + 1))"
                ]
            )
        }
        // Without the first there is no key; the chain can't begin in the middle.
        #expect(problems(Array(lines.dropFirst())).count == 7)
    }

    @Test("a changed byte shows with its line")
    func changed() throws {
        let lines = try Self.lines()
        var random = SplitMix64(seed: 11)
        for _ in 0..<300 {
            let index = Int(random.next() % UInt64(lines.count - 1)) + 1
            var bytes = Array(lines[index].utf8)
            let place = Int(random.next() % UInt64(bytes.count))
            bytes[place] ^= 1 << (random.next() % 7)
            var changed = lines
            changed[index] = String(decoding: bytes, as: UTF8.self)
            guard changed[index] != lines[index], bytes[place] != 0x0a else { continue }
            let found = problems(changed)
            #expect(found.contains { $0.hasPrefix("\(index + 1):") }, "\(index) \(place)")
        }
    }

    @Test("lines that changed places, were repeated, put in or cut show")
    func moved() throws {
        let lines = try Self.lines()
        var swapped = lines
        swapped.swapAt(2, 3)
        #expect(problems(swapped).first == "3:outOfOrder(found: 4, due: 3)")
        #expect(problems(swapped).count == 3)
        var repeated = lines
        repeated.insert(lines[2], at: 3)
        #expect(problems(repeated).first == "4:outOfOrder(found: 3, due: 4)")
        var put = lines
        put.insert(#"{"seq":3,"operation":"s3:GetObject"}"#, at: 2)
        #expect(problems(put) == ["3:malformed"])
        var cut = lines
        cut[4] = String(lines[4].dropLast(10))
        #expect(problems(cut) == ["5:malformed", "6:outOfOrder(found: 6, due: 5)"])
        cut = lines
        cut[7] = String(lines[7].dropLast(1))
        #expect(problems(cut) == ["8:malformed"])
    }

    @Test("lines cut off at the end show as an open end, and against a checkpoint")
    func end() throws {
        let lines = try Self.lines()
        let whole = verified([lines.joined(separator: "\n")])
        let last = AuditLog.Checkpoint(sequence: 8, code: whole.summary.lastCode)
        let short = lines.dropLast(2).joined(separator: "\n")
        let (problems, summary) = verified([short], checkpoints: [last])
        #expect(problems.isEmpty && summary.openEndCount == 1)
        #expect(summary.missingCheckpoints == [last])
        let proven = verified([lines.joined(separator: "\n")], checkpoints: [last]).summary
        #expect(proven.missingCheckpoints.isEmpty && proven.openEndCount == 0)
    }

    @Test("a chain that was built anew without the key doesn't hold")
    func rebuilt() throws {
        let lines = try Self.lines()
        var chain = AuditChain()
        var forged: [UInt8] = []
        for line in lines where !line.contains("event-3") {
            let event = try #require(line.firstIndex(of: ","))
            let end = try #require(line.range(of: #","chain":""#)).lowerBound
            let text = "{" + line[line.index(after: event)..<end] + "}\n"
            #expect(chain.link(Array(text.utf8)[...], ToySeal.code(1), into: &forged))
        }
        let (problems, _) = verified([String(decoding: forged, as: UTF8.self)])
        #expect(problems.count == 7 && problems.allSatisfy { $0.hasSuffix("changed") })
    }
}
