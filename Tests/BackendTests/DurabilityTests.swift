import Foundation
import HTTPWire
import S3Wire
import TestSupport
import Testing
import Transport

@testable import Backend

/// What outlives what: aborts, races, restarts, leftovers.
@Suite struct DurabilityTests {
    private func bytes(_ count: Int, seed: UInt64 = 3) -> [UInt8] {
        var generator = SplitMix64(seed: seed)
        return generator.bytes(count)
    }

    @Test func `an upload broken off leaves no row and no file`() async throws {
        let body = bytes(200_000)
        try await StoreFixture.run { store in
            for number in 0..<8 {
                try await store.client.sendAborted("/b/k\(number)", body: body)
            }
            await store.expectFiles(objects: 0)
            let list = try await store.client.send(.get, "/b?list-type=2")
            #expect(try ObjectListing(xml: list.body).entries.isEmpty)
        }
    }

    @Test func `what was answered is there after a restart, in either durability`() async throws {
        for durability in ["full", "relaxed"] {
            let folder = try ScratchFolder()
            let large = bytes(300_000)
            let upload = try await StoreFixture.run(folder, set: ["--durability": durability]) {
                store in
                try await store.put("small", [1, 2, 3])
                try await store.put("large", large)
                let upload = try await store.beginUpload("parts")
                try await store.putPart(1, of: upload, "parts", large)
                return upload
            }
            try await StoreFixture.run(folder) { store in
                #expect(try await store.client.send(.get, "/b/small").body == [1, 2, 3])
                #expect(try await store.client.send(.get, "/b/large").body == large)
                let part = try await store.putPart(2, of: upload, "parts", [9])
                let target = "/b/parts?uploadId=\(upload)"
                let answer = try await store.client.send(.get, target)
                let parts = try PartListing(xml: answer.body).parts
                #expect(parts.map(\.partNumber) == [1, 2])
                let named = [(1, parts.first?.entityTag ?? ""), (2, part.etag)]
                #expect(try await store.complete(upload, "parts", named).status == 200)
                #expect(try await store.client.send(.get, "/b/parts").body == large + [9])
            }
        }
    }

    @Test func `files that the index doesn't name are swept at start, others stay`() async throws {
        let folder = try ScratchFolder()
        let large = bytes(100_000)
        try await StoreFixture.run(folder) { store in
            try await store.put("k", large)
            let upload = try await store.beginUpload("u")
            try await store.putPart(1, of: upload, "u", large)
            await store.expectFiles(objects: 2)
        }
        let orphan = FileID()
        for path in [
            "objects/\(orphan.folder)/\(orphan.name)", "objects/00/not-a-name", "tmp/half",
        ] {
            let url = URL(fileURLWithPath: folder.path + "/data/" + path)
            try Data([1]).write(to: url)
        }
        try await StoreFixture.run(folder) { store in
            // The two, and the one whose name isn't the store's.
            await store.expectFiles(objects: 3)
            #expect(try await store.client.send(.get, "/b/k").body == large)
            try await store.expectMetric("sealgate_store_orphans_deleted_total 1")
            try await store.expectMetric("sealgate_store_strange_files 1")
        }
    }

    @Test func `of 16 concurrent makers of a key one wins`() async throws {
        try await StoreFixture.run { store in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<16 {
                    let body = bytes(40_000, seed: UInt64(number))
                    group.addTask {
                        try await store.put("k", body, [("if-none-match", "*")]).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 200 } == 1)
            #expect(statuses.count { $0 == 412 } == 15)
            await store.expectFiles(objects: 1)
        }
    }

    @Test func `reads see one whole body while writers and deleters race`() async throws {
        let bodies = (0..<4).map { bytes(150_000 + $0, seed: UInt64($0)) }
        try await StoreFixture.run { store in
            try await store.put("k", bodies[0])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for round in 0..<12 {
                    group.addTask {
                        let answer = try await store.put("k", bodies[round % 4])
                        #expect(answer.status == 200)
                        if round % 5 == 4 { _ = try await store.client.send(.delete, "/b/k") }
                    }
                    group.addTask {
                        let answer = try await store.client.send(.get, "/b/k")
                        #expect(answer.status == 404 || bodies.contains(answer.body))
                    }
                }
                try await group.waitForAll()
            }
            try await store.put("k", bodies[1])
            await store.expectFiles(objects: 1)
        }
    }

    @Test func `a read that has begun goes on though the object is replaced`() async throws {
        let part = bytes(200_000)
        let small = bytes(100, seed: 2)
        try await StoreFixture.run { store in
            let upload = try await store.beginUpload("k")
            var named: [(Int, String)] = []
            for number in 1...80 {
                named.append((number, try await store.putPart(number, of: upload, "k", part).etag))
            }
            named.append((81, try await store.putPart(81, of: upload, "k", small).etag))
            #expect(try await store.complete(upload, "k", named).status == 200)
            let answer = try await store.client.read("/b/k") {
                try await store.put("k", [1])
            }
            #expect(answer.status == 200)
            #expect(answer.body.count == 80 * part.count + small.count)
            #expect(answer.body.suffix(small.count) == small[...])
            #expect(try await store.client.send(.get, "/b/k").body == [1])
            await store.expectFiles(objects: 0)
        }
    }

    @Test func `a composite is read to its end though it is replaced meanwhile`() async throws {
        let part = bytes(200_000)
        try await StoreFixture.run { store in
            let upload = try await store.beginUpload("k")
            var named: [(Int, String)] = []
            for number in 1...40 {
                named.append((number, try await store.putPart(number, of: upload, "k", part).etag))
            }
            #expect(try await store.complete(upload, "k", named).status == 200)
            async let reads = withThrowingTaskGroup(of: [UInt8].self) { group in
                for _ in 0..<4 {
                    group.addTask { try await store.client.send(.get, "/b/k").body }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            async let put = store.put("k", [1])
            _ = try await put
            for body in try await reads {
                #expect(body == [1] || body.count == 40 * part.count)
            }
            await store.expectFiles(objects: 0)
        }
    }

    @Test func `a process of another user is turned away`() async throws {
        let store = try await StoreFixture.start(ownUserID: geteuid() &+ 1)
        await #expect(throws: HTTPClientError.self) {
            _ = try await store.client.send(.get, "/")
        }
        await store.stop()
    }

    @Test func `two stores can't share a folder`() async throws {
        try await StoreFixture.run { store in
            let data = store.folder.path + "/data"
            await #expect(throws: BackendStartError.dataLocked(path: data)) {
                _ = try await StoreFixture.start(store.folder)
            }
        }
    }
}
