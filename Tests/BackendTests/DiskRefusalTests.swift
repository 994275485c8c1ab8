import Glibc
import HTTPWire
import Synchronization
import Testing

@testable import Backend

/// A disk that fills up, turns read-only and comes back.
@Suite struct DiskRefusalTests {
    private let large = [UInt8](repeating: 7, count: 100_000)

    @Test func `below the floor writes are refused, reads and deletes go on`() async throws {
        let disk = FailingDisk()
        try await StoreFixture.run(system: disk) { store in
            try await store.put("file", large)
            disk.set(room: (free: 1000, total: 1 << 40))
            let put = try await store.put("k", [1])
            #expect(put.status == 507)
            #expect(put.text.contains("1000 bytes left"))
            for (method, target) in [
                (.put, "/c"), (.post, "/b/k?uploads"), (.put, "/b/file?sealgate-metadata"),
            ] as [(HTTPMethod, String)] {
                #expect(try await store.client.send(method, target).status == 507, "\(target)")
            }
            try await store.expectMetric("sealgate_store_writes_refused 1")
            try await store.expectMetric("sealgate_store_free_bytes 1000")
            #expect(try await store.client.send(.get, "/b/file").body == large)
            #expect(try await store.client.send(.delete, "/b/file").status == 204)
            disk.set(room: nil)
            #expect(try await store.put("k", [1]).status == 200)
            try await store.expectMetric("sealgate_store_writes_refused 0")
            await store.expectFiles(objects: 0)
        }
    }

    @Test(arguments: [
        (ENOSPC, 507, "no room"), (EDQUOT, 507, "no room"), (EROFS, 503, "read-only"),
        (EIO, 503, "refuses"),
    ])
    func `each call that fails is answered with its cause, and nothing stays`(
        code: Int32,
        status: Int,
        cause: String
    ) async throws {
        let disk = FailingDisk()
        try await StoreFixture.run(set: ["--durability": "full"], system: disk) { store in
            try await store.put("kept", large)
            for call in FailingDisk.Call.allCases {
                disk.fail(call, with: code)
                for body in [large, [UInt8](repeating: 9, count: 2 << 20)] {
                    let size = [("x-sealgate-size", String(body.count))]
                    let put = try await store.put("k", body, size)
                    #expect(put.status == status, "\(call)")
                    #expect(put.text.contains(cause), "\(put.text)")
                }
                #expect(try await store.client.send(.get, "/b/k").status == 404)
                #expect(try await store.client.send(.get, "/b/kept").body == large)
                #expect(try await store.put("inline", [1]).status == 200)
                disk.fail(nil, with: 0)
                #expect(try await store.put("k", large).status == 200)
                #expect(try await store.client.send(.delete, "/b/k").status == 204)
            }
            await store.expectFiles(objects: 1)
        }
    }
}

extension DiskRefusalTests {
    @Test func `a body that can't have a second name isn't copied`() async throws {
        // This disk has none.
        try await StoreFixture.run(system: FailingDisk()) { store in
            for (body, status) in [([7], 200), (large, 501)] {
                let put = try await store.put("k", body)
                let copied = try await store.client.send(
                    .put,
                    "/b/d?sealgate-copy",
                    [
                        ("x-sealgate-copy-source", "b/k"),
                        ("x-sealgate-copy-if-match", put.etag),
                    ]
                )
                #expect(copied.status == status)
            }
            #expect(try await store.client.send(.get, "/b/d").body == [7])
            await store.expectFiles(objects: 1)
        }
    }
}

/// The real disk, but for its room and one call that fails.
final class FailingDisk: RealDisk {
    enum Call: CaseIterable, Sendable { case create, write, flushData, move, flushFolder }

    private struct State {
        var room: (free: Int64, total: Int64)?
        var failing: Call?
        var code: Int32 = 0
    }

    let disk = LinuxFiles()
    private let state = Mutex(State())

    /// Says so much room; `nil`: what there is.
    func set(room: (free: Int64, total: Int64)?) { state.withLock { $0.room = room } }

    func fail(_ call: Call?, with code: Int32) {
        state.withLock {
            $0.failing = call
            $0.code = code
        }
    }

    private func check(_ call: Call) throws(StoreError) {
        let code = state.withLock { $0.failing == call ? $0.code : 0 }
        if code != 0 { throw StoreError(errno: code, doing: "\(call)") }
    }

    func create(_ name: String, in folder: Int32) throws(StoreError) -> Int32 {
        try check(.create)
        return try disk.create(name, in: folder)
    }

    func write(
        _ bytes: Span<UInt8>,
        to descriptor: Int32,
        at offset: Int64
    ) throws(StoreError) {
        try check(.write)
        try disk.write(bytes, to: descriptor, at: offset)
    }

    func flushData(_ descriptor: Int32) throws(StoreError) {
        try check(.flushData)
        try disk.flushData(descriptor)
    }

    func flushFolder(_ name: String, in folder: Int32) throws(StoreError) {
        try check(.flushFolder)
        try disk.flushFolder(name, in: folder)
    }

    func move(
        _ name: String,
        from source: Int32,
        to target: Int32,
        as newName: String
    ) throws(StoreError) {
        try check(.move)
        try disk.move(name, from: source, to: target, as: newName)
    }

    func room(of folder: Int32) throws(StoreError) -> (free: Int64, total: Int64) {
        if let room = state.withLock({ $0.room }) { return room }
        return try disk.room(of: folder)
    }
}
