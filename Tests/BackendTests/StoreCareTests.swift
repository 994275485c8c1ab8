import Encoding
import Foundation
import HTTPWire
import NIOPosix
import S3Wire
import TestSupport
import Testing

@testable import Backend

/// Check, repair and backup of real data folders.
@Suite struct StoreCareTests {
    private static let large: [UInt8] = {
        var generator = SplitMix64(seed: 5)
        return generator.bytes(70_000)
    }()

    /// A folder with two objects in files, one inline, a multipart object and an upload under way.
    private func makeFolder() async throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try await StoreFixture.run(folder) { store in
            try await store.put("file", Self.large)
            try await store.put("second", Self.large)
            try await store.put("inline", [1, 2, 3])
            let upload = try await store.beginUpload("pieces")
            let first = try await store.putPart(1, of: upload, "pieces", Self.large)
            let second = try await store.putPart(2, of: upload, "pieces", [4, 5])
            let named = [(1, first.etag), (2, second.etag)]
            #expect(try await store.complete(upload, "pieces", named, table: [9]).status == 200)
            let open = try await store.beginUpload("open")
            try await store.putPart(1, of: open, "open", Self.large)
            try await store.putPart(2, of: open, "open", [6])
        }
        return folder
    }

    private func check(_ folder: ScratchFolder, repairs: Bool = false) throws -> CheckReport {
        try StoreCare.check(
            folder.path + "/data",
            repairs: repairs,
            now: Timestamp(seconds: 1_700_000_000),
            progress: { _ in }
        )
    }

    private func sqlite(_ folder: ScratchFolder, _ sql: String) async throws {
        let index = try StoreIndex(
            path: folder.path + "/data/index.sqlite",
            durability: .relaxed,
            statistics: StoreStatistics(),
            clock: { Timestamp(milliseconds: 1) },
            discard: { _ in }
        )
        defer { index.close() }
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        try await index.submit(on: loop) { (transaction) throws(StoreError) in
            try transaction.database.run(sql)
        }.get()
    }

    /// The path of the file of an object's body.
    private func file(_ folder: ScratchFolder, of key: String) throws -> String {
        let reader = try IndexReader(path: folder.path + "/data/index.sqlite")
        defer { reader.close() }
        let object = try reader.object(bucket: "b", key: KeyBytes(key.utf8))
        guard case .file(let id) = object.body else {
            Issue.record("\(key) has no file")
            return ""
        }
        return folder.path + "/data/objects/\(id.folder)/\(id.name)"
    }

    @Test func `a folder as the store left it is clean`() async throws {
        let folder = try await makeFolder()
        let report = try check(folder)
        #expect(report.isClean, "\(report.lines)")
        #expect(report.objectCount == 4)
        #expect(report.fileCount == 4)
        #expect(report.byteCount == 4 * 70_000)
        #expect(report.leftoverCount == 0)
        let json = String(decoding: report.json, as: UTF8.self)
        #expect(json.hasPrefix(#"{"clean":true,"objects":4,"files":4,"bytes":280000"#))
    }

    @Test func `what a crash leaves is no finding, and a repair moves it away`() async throws {
        let folder = try await makeFolder()
        let orphan = FileID()
        for path in ["objects/\(orphan.folder)/\(orphan.name)", "tmp/half"] {
            try Data([1]).write(to: URL(fileURLWithPath: "\(folder.path)/data/\(path)"))
        }
        let report = try check(folder)
        #expect(report.isClean)
        #expect(report.leftoverCount == 2)
        let repaired = try check(folder, repairs: true)
        #expect(folder.fileCount(in: "data/quarantine") == 3)
        #expect(repaired.quarantine?.contains("/quarantine/20231114T221320Z-") == true)
        #expect(try check(folder).leftoverCount == 0)
    }

    @Test func `each thing that is wrong is found, taken out and kept`() async throws {
        let folder = try await makeFolder()
        let missing = try file(folder, of: "file")
        try FileManager.default.removeItem(atPath: missing)
        let short = try file(folder, of: "second")
        try Data([1, 2]).write(to: URL(fileURLWithPath: short))
        let strange = folder.path + "/data/objects/00/not-a-name"
        try Data([1]).write(to: URL(fileURLWithPath: strange))
        try await sqlite(folder, "UPDATE bodies SET data = x'00' WHERE length(data) = 3")
        try await sqlite(folder, "UPDATE objects SET size = size + 1 WHERE storage = 3")
        try await sqlite(
            folder,
            "DELETE FROM files WHERE id IN (SELECT file FROM upload_parts WHERE storage = 2)"
        )
        try await sqlite(folder, "INSERT INTO files VALUES (x'00112233445566778899aabbccddeeff')")
        try await sqlite(folder, "INSERT INTO bodies VALUES (1000000, x'01')")
        let report = try check(folder)
        #expect(
            report.counts == [
                .fileMissing: 1, .fileSizeWrong: 1, .strangeFile: 1, .inlineBodyWrong: 1,
                .piecesWrong: 1, .fileUnlisted: 1, .fileUnowned: 1, .entryUnowned: 1,
            ]
        )
        let keys = report.findings.compactMap(\.key)
        #expect(Set(keys) == ["file", "second", "inline", "pieces"])
        #expect(String(decoding: report.json, as: UTF8.self).hasPrefix(#"{"clean":false"#))

        let repaired = try check(folder, repairs: true)
        #expect(repaired.counts == report.counts)
        let left = try check(folder)
        #expect(left.counts == [.entryUnowned: 1], "\(left.lines)")
        #expect(left.fileCount == 1)
        let quarantine = try #require(repaired.quarantine)
        let record = try String(contentsOfFile: quarantine + "/record.jsonl", encoding: .utf8)
        #expect(record.contains(#""problem":"file_missing""#))
        #expect(record.contains(#""key":"second""#))
        #expect(record.contains(#""metadata":"meta""#))
        // The short file, the strange one, a piece of the multipart object, and the record.
        let kept = String(quarantine.dropFirst(folder.path.count + 1))
        #expect(folder.fileCount(in: kept) == 4)
        try await StoreFixture.run(folder) { store in
            for key in ["file", "second", "inline", "pieces"] {
                #expect(try await store.client.send(.get, "/b/\(key)").status == 404)
            }
            let list = try await store.client.send(.get, "/b?uploads")
            let uploads = try UploadListing(xml: list.body).uploads
            #expect(uploads.count == 1)
        }
    }

    @Test func `a part that can't be read is taken out of its upload`() async throws {
        let folder = try await makeFolder()
        try await sqlite(folder, "UPDATE upload_parts SET size = 7 WHERE number = 2")
        #expect(try check(folder).findings.map(\.part) == [2])
        #expect(try check(folder, repairs: true).counts == [.inlineBodyWrong: 1])
        #expect(try check(folder).isClean)
    }

    @Test func `a damaged index is told, and nothing is repaired by it`() async throws {
        let folder = try await makeFolder()
        let index = URL(fileURLWithPath: folder.path + "/data/index.sqlite")
        var bytes = try Data(contentsOf: index)
        for page in 4..<bytes.count / 4096 {
            bytes.replaceSubrange(page * 4096..<(page * 4096 + 100), with: Data(count: 100))
        }
        try bytes.write(to: index)
        let before = folder.fileCount(in: "data/objects")
        #expect(throws: BackendStartError.self) { try check(folder, repairs: true) }
        #expect(folder.fileCount(in: "data/objects") == before)
    }

    @Test func `a running store is only read, and deletes later`() async throws {
        let folder = try await makeFolder()
        let data = folder.path + "/data"
        try await StoreFixture.run(folder) { store in
            try await store.expectMetric("sealgate_store_objects 4")
            #expect(try check(folder).isClean)
            #expect(throws: BackendStartError.dataLocked(path: data)) {
                try check(folder, repairs: true)
            }
            let visit = try FolderVisit(data, exclusively: false)
            #expect(throws: BackendStartError.dataLocked(path: data)) { try check(folder) }
            #expect(try await store.client.send(.delete, "/b/file").status == 204)
            try await store.expectMetric("sealgate_store_files_undeleted_total 1")
            #expect(store.fileCounts.objects == 4)
            withExtendedLifetime(visit) {}
        }
        try await StoreFixture.run(folder) { store in await store.expectFiles(objects: 3) }
    }

    @Test func `a backup is a store of its own, of one moment`() async throws {
        let folder = try await makeFolder()
        let copy = try ScratchFolder()
        for copies in [false, true] {
            let target = copy.path + "/data"
            try await StoreFixture.run(folder) { store in
                try await store.put("late", Self.large)
                let report = try StoreCare.backup(
                    folder.path + "/data",
                    to: target,
                    copies: copies,
                    progress: { _ in }
                )
                #expect(report.fileCount == 5)
                #expect(report.linkCount == (copies ? 0 : 5))
                #expect(try await store.client.send(.delete, "/b/late").status == 204)
            }
            let report = try check(copy)
            #expect(report.isClean)
            #expect(report.objectCount == 5)
            try await StoreFixture.run(copy) { store in
                for key in ["file", "second", "late"] {
                    #expect(try await store.client.send(.get, "/b/\(key)").body == Self.large)
                }
                let pieces = try await store.client.send(.get, "/b/pieces").body
                #expect(pieces == Self.large + [4, 5])
            }
            #expect(throws: BackendStartError.self) {
                try StoreCare.backup(
                    folder.path + "/data",
                    to: target,
                    copies: copies,
                    progress: { _ in }
                )
            }
            try FileManager.default.removeItem(atPath: target)
        }
    }

    @Test func `bodies without an index aren't served, and stay`() async throws {
        let folder = try await makeFolder()
        let data = folder.path + "/data"
        for name in ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] {
            try? FileManager.default.removeItem(atPath: data + "/" + name)
        }
        await #expect(throws: BackendStartError.dataIndexMissing(path: data)) {
            _ = try await StoreFixture.start(folder)
        }
        #expect(folder.fileCount(in: "data/objects") == 4)
    }

    @Test func `uploads that nothing comes for are dropped by their age`() async throws {
        let folder = try await makeFolder()
        try await StoreFixture.run(folder) { store in
            let list = try await store.client.send(.get, "/b?uploads")
            #expect(try UploadListing(xml: list.body).uploads.count == 1)
            try await store.expectMetric("sealgate_store_uploads 1")
        }
        try await sqlite(folder, "UPDATE uploads SET initiated = 1000")
        try await StoreFixture.run(folder, set: ["--care-upload-age": "1h"]) { store in
            // Its parts are new.
            try await store.expectMetric("sealgate_store_uploads 1")
        }
        try await sqlite(folder, "UPDATE upload_parts SET modified = 1000")
        try await StoreFixture.run(folder, set: ["--care-upload-age": "0s"]) { store in
            try await store.expectMetric("sealgate_store_uploads 1")
        }
        try await StoreFixture.run(folder, set: ["--care-upload-age": "1h"]) { store in
            try await store.expectMetric("sealgate_store_uploads_expired_total 1")
            await store.expectFiles(objects: 3)
            try await store.expectMetric("sealgate_store_objects 4")
            try await store.expectMetric("sealgate_store_objects_inline 1")
            try await store.expectMetric("sealgate_store_object_bytes 210005")
        }
        #expect(try check(folder).isClean)
    }

    @Test func `a round drops as many uploads as it may`() async throws {
        let folder = try ScratchFolder()
        try await StoreFixture.run(folder) { store in
            for number in 0..<3 { _ = try await store.beginUpload("k\(number)") }
        }
        try await sqlite(folder, "UPDATE uploads SET initiated = 1000")
        try await StoreFixture.run(folder, set: ["--care-uploads-per-round": "2"]) { store in
            try await store.expectMetric("sealgate_store_uploads_expired_total 2")
            try await store.expectMetric("sealgate_store_uploads 1")
        }
    }
}
