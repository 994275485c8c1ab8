import NIOCore
import NIOPosix
import Testing

@testable import Backend

@Suite struct StoreIndexTests {
    private let key = KeyBytes("k".utf8)

    private func expectFailure<Value>(
        _ error: StoreError,
        _ body: () async throws -> Value
    ) async {
        await #expect(throws: error) { _ = try await body() }
    }

    @Test func `an object is found as it was put`() async throws {
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        let outcome = try await fixture.put("k", body: .inline([7, 8]), metadata: "m")
        let object = try fixture.reader.object(bucket: "b", key: key, withBody: true)
        #expect(object.etag == outcome.etag)
        #expect(object.modified == outcome.modified)
        #expect(object.size == 2)
        #expect(object.metadata == "m")
        #expect(object.inlineBytes == [7, 8])
    }

    @Test func `a bucket and a key that aren't there have errors of their own`() async throws {
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        #expect(throws: StoreError.bucketNotFound) {
            try fixture.reader.object(bucket: "x", key: key)
        }
        #expect(throws: StoreError.keyNotFound) { try fixture.reader.object(bucket: "b", key: key) }
        await expectFailure(.bucketNotFound) { try await fixture.put("k", in: "x") }
        await expectFailure(.bucketExists) { try await fixture.makeBucket() }
    }

    @Test func `the reserved bucket is there, unlisted, and stays`() async throws {
        let fixture = try IndexFixture()
        #expect(try fixture.reader.buckets().isEmpty)
        _ = try await fixture.put("record", in: ".sealgate", condition: .absent)
        await expectFailure(.preconditionFailed) {
            try await fixture.put("record", in: ".sealgate", condition: .absent)
        }
        await expectFailure(.bucketReserved) { try await fixture.makeBucket(".sealgate") }
        await expectFailure(.bucketReserved) {
            try await fixture.change { (transaction) throws(StoreError) in
                try transaction.deleteBucket(".sealgate")
            }
        }
    }

    @Test func `a bucket with objects isn't deleted, one with uploads is`() async throws {
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        let file = FileID()
        _ = try await fixture.put("k")
        let upload = try await fixture.change { (transaction) throws(StoreError) in
            let upload = try transaction.createUpload(bucket: "b", key: [1], metadata: nil)
            _ = try transaction.putPart(
                1,
                of: upload,
                bucket: "b",
                key: [1],
                body: .file(file, size: 9),
                attributes: nil
            )
            return upload
        }
        await expectFailure(.bucketNotEmpty) {
            try await fixture.change { (transaction) throws(StoreError) in
                try transaction.deleteBucket("b")
            }
        }
        try await fixture.change { [key] (transaction) throws(StoreError) in
            try transaction.deleteObject(bucket: "b", key: key)
            try transaction.deleteBucket("b")
        }
        #expect(try await fixture.discardedFiles() == [file])
        try await fixture.makeBucket()
        #expect(throws: StoreError.uploadNotFound) {
            try fixture.reader.parts(of: upload, bucket: "b", key: [1], after: 0, countMax: 1)
        }
    }

    @Test func `a replaced file is given to be deleted, a refused change's isn't`() async throws {
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        let first = FileID()
        let second = FileID()
        _ = try await fixture.put("k", body: .file(first, size: 1))
        #expect(try fixture.reader.hasFile(first))
        await expectFailure(.preconditionFailed) {
            try await fixture.put("k", body: .file(second, size: 1), condition: .absent)
        }
        #expect(try await fixture.discardedFiles().isEmpty)
        #expect(try !fixture.reader.hasFile(second))
        _ = try await fixture.put("k", body: .file(second, size: 1))
        #expect(try await fixture.discardedFiles() == [first])
        #expect(try !fixture.reader.hasFile(first))
    }

    @Test func `conditions are decided in the change`() async throws {
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        await expectFailure(.keyNotFound) {
            try await fixture.put("k", condition: .matches(etag: "e"))
        }
        let outcome = try await fixture.put("k", condition: .absent)
        await expectFailure(.preconditionFailed) {
            try await fixture.put("k", condition: .matches(etag: "e"))
        }
        let next = try await fixture.put("k", condition: .matches(etag: outcome.etag))
        #expect(next.etag != outcome.etag)
        await expectFailure(.preconditionFailed) {
            try await fixture.change { (transaction) throws(StoreError) in
                try transaction.deleteObject(
                    bucket: "b",
                    key: [0x6b],
                    condition: .matches(etag: outcome.etag)
                )
            }
        }
    }

    @Test func `metadata replaced in place keep version and time, the ETag is new`() async throws {
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        let outcome = try await fixture.put("k", metadata: "old")
        let before = try fixture.reader.object(bucket: "b", key: key)
        let replaced = try await fixture.change { [key] (transaction) throws(StoreError) in
            try transaction.replaceMetadata(
                bucket: "b",
                key: key,
                metadata: "new",
                condition: .matches(etag: outcome.etag)
            )
        }
        let after = try fixture.reader.object(bucket: "b", key: key)
        #expect(after.version == before.version)
        #expect(after.modified == before.modified)
        #expect(after.metadata == "new")
        #expect(after.etag == replaced.etag)
        #expect(after.etag != before.etag)
    }

    @Test func `of 16 who want to be first one is`() async throws {
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        let wins = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<16 {
                group.addTask {
                    let body = NewBody.inline([UInt8(number)])
                    return (try? await fixture.put("k", body: body, condition: .absent)) != nil
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(wins == 1)
    }

    @Test func `a full queue refuses`() async throws {
        var limits = IndexWriter.Limits()
        limits.queueCountMax = 0
        let fixture = try IndexFixture(limits: limits)
        await expectFailure(.queueFull) { try await fixture.makeBucket() }
    }

    @Test func `a closed index refuses, and its content is there when opened again`() async throws {
        let folder = try ScratchFolder()
        do {
            let fixture = try IndexFixture(folder)
            try await fixture.makeBucket()
            _ = try await fixture.put("k", body: .inline([5]))
            fixture.index.close()
            await expectFailure(.stopping) { try await fixture.makeBucket("c") }
        }
        let fixture = try IndexFixture(folder)
        let object = try fixture.reader.object(bucket: "b", key: key, withBody: true)
        #expect(object.inlineBytes == [5])
        _ = try await fixture.put("l")
        #expect(try fixture.reader.object(bucket: "b", key: [0x6c]).version > object.version)
    }

    @Test func `numbers aren't given twice after a change was refused`() async throws {
        let folder = try ScratchFolder()
        do {
            let fixture = try IndexFixture(folder)
            // The refused change is the first to reserve numbers.
            await expectFailure(.partInvalid(number: 1)) {
                try await fixture.change { (transaction) throws(StoreError) -> Int in
                    _ = try transaction.nextNumber()
                    throw .partInvalid(number: 1)
                }
            }
            try await fixture.makeBucket()
            _ = try await fixture.put("k")
        }
        let fixture = try IndexFixture(folder)
        let before = try fixture.reader.object(bucket: "b", key: key).version
        _ = try await fixture.put("l")
        #expect(try fixture.reader.object(bucket: "b", key: [0x6c]).version > before)
    }
}
