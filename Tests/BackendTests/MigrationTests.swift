import Foundation
import GRDB
import HTTPWire
import S3Wire
import Testing

@testable import Backend

/// Data folders of other versions of the program.
@Suite struct MigrationTests {
    /// A scratch folder with a data folder of a schema of the past under `data`.
    private func folder(schema number: Int, file: String = #filePath) throws -> ScratchFolder {
        let source = URL(filePath: file).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Fixtures/store-folder/schema-\(number)")
        let scratch = try ScratchFolder()
        let data = scratch.path + "/data"
        let files = FileManager.default
        try files.copyItem(atPath: source.path, toPath: data)
        try files.setAttributes([.posixPermissions: 0o700], ofItemAtPath: data)
        let sql = try String(contentsOfFile: data + "/index.sql", encoding: .utf8)
        let index = try DatabaseQueue(path: data + "/index.sqlite")
        try index.writeWithoutTransaction { try $0.execute(sql: sql) }
        try index.close()
        return scratch
    }

    @Test func `a folder of schema 1 opens with all that it held, and takes versions`()
        async throws
    {
        let folder = try folder(schema: 1)
        // Opened twice: what was migrated isn't migrated again.
        for _ in 0..<2 {
            try await StoreFixture.run(folder) { store in
                for (key, body) in [
                    ("inline", "inline"), ("file", "a body in a file"), ("parts", "part one, two"),
                ] {
                    let answer = try await store.client.send(.get, "/b/\(key)")
                    #expect(answer.text == body)
                    #expect(!answer.fields.contains("x-amz-version-id"))
                }
                let table = try await store.client.send(.get, "/b/parts?sealgate-table")
                #expect(table.text == "table")
                let uploads = try await store.client.send(.get, "/b?uploads")
                #expect(try UploadListing(xml: uploads.body).uploads.map(\.key) == ["open"])
                await store.expectFiles(objects: 2)
            }
        }
        try await StoreFixture.run(folder) { store in
            try await store.setVersioning(.enabled)
            let put = try await store.put("file", [1])
            #expect(put.fields["x-amz-version-id"]?.count == 16)
            let old = try await store.client.send(.get, "/b/file?versionId=null")
            #expect(old.text == "a body in a file")
            let listing = try await store.versions()
            #expect(listing.versions.map(\.object.key) == ["file", "file", "inline", "parts"])
            #expect(listing.versions.map(\.isLatest) == [true, false, true, true])
        }
    }

    @Test func `an index of a later version is refused with a word about it`() async throws {
        let folder = try folder(schema: 1)
        let index = try DatabaseQueue(path: folder.path + "/data/index.sqlite")
        try await index.write { database in
            try database.execute(sql: "INSERT INTO grdb_migrations VALUES ('999: of tomorrow')")
        }
        try index.close()
        await #expect {
            _ = try await StoreFixture.start(folder)
        } throws: { error in
            "\(error)".contains("later version of sealgate-store")
        }
    }

    @Test func `rows move between the tables of versions whole`() throws {
        let index = try DatabaseQueue()
        try IndexSchema.migrate(index)
        let columns = try VersionTable.allCases.map { table in
            try index.read { try $0.columns(in: table.rawValue).map(\.name) }
        }
        #expect(columns[0] == columns[1])
    }

    @Test func `a listing of versions sorts nothing`() async throws {
        let fixture = try IndexFixture()
        let plan = try fixture.reader.read { (database) throws(StoreError) in
            try database.all(
                "EXPLAIN QUERY PLAN " + IndexReader.versions("key >= ?2 AND key < ?3"),
                [1, Data([0]), Data([255])]
            ) { try $0.text(3) }
        }
        #expect(!plan.isEmpty)
        #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
    }
}
