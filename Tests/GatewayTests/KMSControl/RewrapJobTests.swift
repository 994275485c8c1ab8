import Encoding
import KMS
import SealedObject
import Testing

@testable import Gateway

/// A rewrap job as it is asked for and stored, and counts of what depends on keys.
struct RewrapJobTests {
    private func job(_ json: String) throws -> RewrapJob {
        let members = try JSONValue(reading: Array(json.utf8)).object ?? []
        return try RewrapJob(members, id: "job-1", now: TestKeys.now)
    }

    @Test("is stored and read back whole")
    func stored() throws {
        var job = try job(
            #"{"objects":true,"bucket":"b","prefix":"p/","from_key":"a","to_key":"c","rate":5}"#
        )
        job.mark = .init(key: "p/é", version: "v1")
        job.currentBucket = "b"
        (job.recordsDone, job.uploadsLeft, job.bucketsDone, job.bucketCount) = (true, 1, 2, 3)
        job.objects.add(.rewrapped)
        job.records.failed = 4
        job.note("x: y")
        #expect(RewrapJob(stored: job.json.encode()) == job)
        (job.state, job.ended, job.mark) = (.failed, TestKeys.now, nil)
        #expect(RewrapJob(stored: job.json.encode()) == job)
        #expect(RewrapJob(stored: Array("{}".utf8)) == nil)
    }

    @Test("names at most so many failures")
    func failures() throws {
        var job = try job("{}")
        for number in 0..<1000 { job.note("\(number)") }
        #expect(job.failures.count == RewrapJob.failuresNamedMax)
    }

    @Test("is kept sealed: the store can't change it, and a job opens only as itself")
    func sealed() async throws {
        let keys = try await TestKeys()
        let record = RewrapJobRecord(ring: keys.ring, records: keys.records)
        #expect(await record.load() == nil)
        let job = try job(#"{"objects":true}"#)
        #expect(await record.store(job))
        #expect(await record.load() == job)
        var bytes = try #require(try await keys.records.get(RewrapJobRecord.name))
        #expect(!String(decoding: bytes, as: UTF8.self).contains("job-1"))
        bytes[bytes.count - 1] ^= 1
        keys.records.replace(RewrapJobRecord.name, bytes)
        #expect(await record.load() == nil)
    }

    @Test("counts records and objects, and says what it couldn't count")
    func usage() async throws {
        let keys = try await TestKeys()
        try await keys.warm("demo")
        let keyID = try keys.ring.resolve(nil)
        var usage = KeyUsage()
        for name in try await keys.ring.keyRecordNames() {
            usage.count(try #require(try await keys.ring.keyRecord(name)), ofRetired: false)
        }
        #expect(usage.counts(of: keyID).bucketKeys == 1)
        #expect(usage.counts(of: keyID).attributeKeys == 1)
        #expect(usage.isComplete)
        #expect(!usage.counts(of: try KeyID("other")).isDependedOn)
        let bare = SealedEntry(place: .init(bucket: "demo", key: "k"))
        usage.count(bare) { _ in .foreign }
        #expect(!usage.isComplete)
        #expect(usage.gaps == ["demo/k has no envelope"])
    }
}
