import Encoding
import Foundation
import HTTPWire
import Testing

@testable import Backend

/// Check and repair of folders with versions.
@Suite struct VersionCareTests {
    private func check(_ folder: ScratchFolder, repairs: Bool = false) throws -> CheckReport {
        try StoreCare.check(
            folder.path + "/data",
            repairs: repairs,
            now: Timestamp(seconds: 1_700_000_000),
            progress: { _ in }
        )
    }

    @Test func `older versions are no findings, and a broken one alone is taken out`()
        async throws
    {
        let folder = try ScratchFolder()
        let bodies = [1, 2, 3].map { [UInt8](repeating: $0, count: 40_000 + Int($0)) }
        var ids: [String] = []
        try await StoreFixture.run(folder) { store in
            try await store.setVersioning(.enabled)
            for body in bodies {
                ids.append(try await store.put("k", body).fields["x-amz-version-id"] ?? "")
            }
            for number in [1, 2] as [UInt8] {
                let upload = try await store.beginUpload("parts")
                let part = try await store.putPart(1, of: upload, "parts", bodies[0])
                _ = try await store.complete(upload, "parts", [(1, part.etag)], table: [number])
                try await store.put("inline", [number])
            }
            try await store.client.send(.delete, "/b/inline")
        }
        let clean = try check(folder)
        #expect(clean.isClean, "\(clean.lines)")
        #expect(clean.objectCount == 7)
        #expect(try check(folder, repairs: true).isClean)

        // The oldest and the newest of three lose their files.
        let reader = try IndexReader(path: folder.path + "/data/index.sqlite")
        for id in [ids[0], ids[2]] {
            let selector = try #require(VersionSelector(id: id))
            let object = try reader.object(bucket: "b", key: [0x6b], version: selector)
            guard case .file(let file) = object.body else { continue }
            let path = folder.path + "/data/objects/\(file.folder)/\(file.name)"
            try FileManager.default.removeItem(atPath: path)
        }
        reader.close()
        let report = try check(folder, repairs: true)
        #expect(report.counts == [.fileMissing: 2])
        for id in [ids[0], ids[2]] {
            #expect(report.lines.contains { $0.contains("b/k version \(id) ") })
        }
        #expect(try check(folder).isClean)
        try await StoreFixture.run(folder) { store in
            #expect(try await store.client.send(.get, "/b/k").body == bodies[1])
            let listed = try await store.versions("&prefix=k").versions
            #expect(listed.map(\.versionID) == [ids[1]])
            #expect(try await store.versions().versions.count == 6)
        }
    }
}
