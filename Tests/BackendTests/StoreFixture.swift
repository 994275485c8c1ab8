import Daemon
import Foundation
import HTTPWire
import Logging
import S3Wire
import Testing

@testable import Backend

/// A store in a scratch folder, on a real socket, with a client.
final class StoreFixture: Sendable {
    let folder: ScratchFolder
    let server: BackendServer
    let client: StoreClient

    private init(_ folder: ScratchFolder, _ server: BackendServer) {
        self.folder = folder
        self.server = server
        client = StoreClient(socket: folder.path + "/store.sock")
    }

    /// Starts a store; `set` are settings by their flags, as `--inline-bytes-max`.
    static func start(
        _ folder: ScratchFolder? = nil,
        set: [String: String] = [:],
        ownUserID: UInt32 = geteuid(),
        system: any FileSystem = LinuxFiles()
    ) async throws -> StoreFixture {
        let folder = try folder ?? ScratchFolder()
        var flags = [
            "--data-dir": folder.path + "/data", "--socket": folder.path + "/store.sock",
            "--threads": "2", "--durability": "relaxed",
        ]
        flags.merge(set) { _, new in new }
        let settings = try BackendSettings.schema.load(
            file: nil,
            flags: flags.map { SettingFlag(name: $0.key, value: $0.value) }
        )
        let server = try await BackendServer.start(
            settings,
            Logger(label: "store") { _ in SwiftLogNoOpLogHandler() },
            MetricsRegistry(),
            { SystemClock.now },
            ownUserID: ownUserID,
            system: system
        )
        return StoreFixture(folder, server)
    }

    /// Runs `body` with a store that is stopped behind it, and with the bucket `b`.
    static func run<Value: Sendable>(
        _ folder: ScratchFolder? = nil,
        set: [String: String] = [:],
        system: any FileSystem = LinuxFiles(),
        _ body: (StoreFixture) async throws -> Value
    ) async throws -> Value {
        let fixture = try await start(folder, set: set, system: system)
        do {
            _ = try await fixture.client.send(.put, "/b")
            let value = try await body(fixture)
            await fixture.stop()
            return value
        } catch {
            await fixture.stop()
            throw error
        }
    }

    func stop() async {
        await client.close()
        await server.stop(deadline: .seconds(5))
    }

    /// Puts an object of one piece with its metadata in a trailer.
    @discardableResult
    func put(
        _ key: String,
        _ body: [UInt8],
        metadata: String = "meta",
        _ fields: [(String, String)] = []
    ) async throws -> StoreAnswer {
        try await client.send(
            .put,
            "/b/\(key)",
            [("trailer", "x-amz-meta-sealgate")] + fields,
            body: [body],
            trailers: [("x-amz-meta-sealgate", metadata)]
        )
    }

    /// Begins a multipart upload.
    func beginUpload(_ key: String, metadata: String = "up") async throws -> String {
        let answer = try await client.send(
            .post,
            "/b/\(key)?uploads",
            [("x-amz-meta-sealgate", metadata)]
        )
        #expect(answer.status == 200)
        return try InitiatedUpload(xml: answer.body).uploadID
    }

    /// Sends a part; answers its ETag.
    @discardableResult
    func putPart(
        _ number: Int,
        of upload: String,
        _ key: String,
        _ body: [UInt8],
        attributes: String = "attr"
    ) async throws -> StoreAnswer {
        try await client.send(
            .put,
            "/b/\(key)?partNumber=\(number)&uploadId=\(upload)",
            [("trailer", "x-sealgate-part")],
            body: [body],
            trailers: [("x-sealgate-part", attributes)]
        )
    }

    /// Completes an upload of these parts.
    func complete(
        _ upload: String,
        _ key: String,
        _ parts: [(Int, String)],
        table: [UInt8]? = nil,
        _ fields: [(String, String)] = []
    ) async throws -> StoreAnswer {
        let request = CompletionRequest(
            parts: parts.map { .init(partNumber: $0.0, entityTag: $0.1) },
            table: table
        )
        return try await client.send(
            .post,
            "/b/\(key)?uploadId=\(upload)",
            [("x-amz-meta-sealgate", "done")] + fields,
            body: [request.xml]
        )
    }

    /// Puts an object of these parts.
    func putParts(_ key: String, _ pieces: [[UInt8]]) async throws {
        let upload = try await beginUpload(key)
        var parts: [(Int, String)] = []
        for (index, piece) in pieces.enumerated() {
            let part = try await putPart(index + 1, of: upload, key, piece)
            parts.append((index + 1, part.etag))
        }
        #expect(try await complete(upload, key, parts).status == 200)
    }

    /// How many body files there are, in their places and unfinished.
    var fileCounts: (objects: Int, temporary: Int) {
        (folder.fileCount(in: "data/objects"), folder.fileCount(in: "data/tmp"))
    }

    /// Waits until the body files are so many: deletion comes after the answer.
    func expectFiles(objects: Int, temporary: Int = 0) async {
        for _ in 0..<2000 {
            if fileCounts == (objects, temporary) { return }
            _ = try? await client.send(.get, "/?sealgate-capabilities")
        }
        #expect(fileCounts == (objects, temporary))
    }
    /// Waits until the metrics have a line.
    func expectMetric(_ line: String) async throws {
        var text = ""
        for _ in 0..<2000 {
            text = try await client.send(.get, "/?sealgate-metrics").text
            if text.contains("\n" + line + "\n") { return }
        }
        Issue.record("no \(line) in \(text)")
    }
}
