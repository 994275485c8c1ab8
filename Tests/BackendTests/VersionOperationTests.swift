import HTTPWire
import S3Wire
import TestSupport
import Testing

@testable import Backend

extension StoreFixture {
    @discardableResult
    func setVersioning(_ state: BucketVersioning, _ bucket: String = "b") async throws
        -> StoreAnswer
    {
        let document = VersioningConfiguration(status: state).xml
        return try await client.send(.put, "/\(bucket)?versioning", body: [document])
    }

    func versions(_ query: String = "") async throws -> VersionListing {
        let answer = try await client.send(.get, "/b?versions&encoding-type=url\(query)")
        return try VersionListing(xml: answer.body)
    }
}

/// Versions as the dialect shows them.
@Suite struct VersionOperationTests {
    @Test func `a bucket's state is what was set`() async throws {
        try await StoreFixture.run { store in
            func state() async throws -> BucketVersioning {
                let answer = try await store.client.send(.get, "/b?versioning")
                return try VersioningConfiguration(xml: answer.body).status
            }
            #expect(try await state() == .unversioned)
            for wanted in [BucketVersioning.enabled, .suspended, .enabled] {
                #expect(try await store.setVersioning(wanted).status == 200)
                #expect(try await state() == wanted)
            }
            let never = try await store.setVersioning(.unversioned)
            #expect(never.errorCode == "IllegalVersioningConfigurationException")
            #expect(try await store.setVersioning(.enabled, "x").errorCode == "NoSuchBucket")
            #expect(try await store.setVersioning(.enabled, ".sealgate").status == 405)
        }
    }

    @Test func `each version is read by its id, the newest without`() async throws {
        try await StoreFixture.run { store in
            let null = try await store.put("k", [0])
            #expect(!null.fields.contains("x-amz-version-id"))
            try await store.setVersioning(.enabled)
            let first = try await store.put("k", [1], metadata: "one")
            let second = try await store.put("k", [2], metadata: "two")
            let made: [String] = [first, second].map { $0.fields["x-amz-version-id"] ?? "" }
            let ids = made + ["null"]
            #expect(Set(ids).count == 3)
            for (id, body) in zip(ids, [1, 2, 0] as [UInt8]) {
                for method in [HTTPMethod.get, .head] {
                    let answer = try await store.client.send(method, "/b/k?versionId=\(id)")
                    #expect(answer.status == 200)
                    #expect(answer.fields["x-amz-version-id"] == id)
                    if method == .get { #expect(answer.body == [body]) }
                }
            }
            let current = try await store.client.send(.get, "/b/k")
            #expect(current.body == [2])
            #expect(current.fields["x-amz-version-id"] == ids[1])
            let never = try await store.client.send(.get, "/b/k?versionId=7fffffffffff0000")
            #expect(never.errorCode == "NoSuchVersion")
            let other = try await store.client.send(.get, "/b/l?versionId=\(ids[0])")
            #expect(other.errorCode == "NoSuchVersion")
            let invalid = try await store.client.send(.get, "/b/k?versionId=x")
            #expect(invalid.errorCode == "InvalidArgument")
            let full = try await store.client.send(.delete, "/b")
            #expect(full.errorCode == "BucketNotEmpty")
        }
    }

    @Test func `a delete marker hides the object until it is deleted itself`() async throws {
        try await StoreFixture.run { store in
            try await store.setVersioning(.enabled)
            let id = try await store.put("k", [1]).fields["x-amz-version-id"] ?? ""
            let deleted = try await store.client.send(.delete, "/b/k")
            #expect(deleted.status == 204)
            #expect(deleted.fields["x-amz-delete-marker"] == "true")
            let marker = try #require(deleted.fields["x-amz-version-id"])
            let gone = try await store.client.send(.get, "/b/k")
            #expect(gone.errorCode == "NoSuchKey")
            #expect(gone.fields["x-amz-delete-marker"] == "true")
            #expect(gone.fields["x-amz-version-id"] == marker)
            let named = try await store.client.send(.get, "/b/k?versionId=\(marker)")
            #expect(named.status == 405)
            #expect(named.fields["allow"] == "DELETE")
            #expect(named.fields["x-amz-delete-marker"] == "true")
            #expect(named.fields.contains("last-modified"))
            #expect(try await store.client.send(.get, "/b/k?versionId=\(id)").body == [1])
            let listing = try await store.client.send(.get, "/b?list-type=2")
            #expect(try ObjectListing(xml: listing.body).entries.isEmpty)
            #expect(try await store.client.send(.delete, "/b").errorCode == "BucketNotEmpty")
            // Conditions look at the current version: there is none.
            let wanted = [("if-none-match", "*")]
            let undone = try await store.client.send(.delete, "/b/k?versionId=\(marker)")
            #expect(undone.fields["x-amz-delete-marker"] == "true")
            #expect(undone.fields["x-amz-version-id"] == marker)
            #expect(try await store.client.send(.get, "/b/k").body == [1])
            #expect(try await store.put("k", [2], wanted).status == 412)
            try await store.client.send(.delete, "/b/k")
            #expect(try await store.put("k", [2], wanted).status == 200)
        }
    }

    @Test func `while suspended a write replaces the null version alone`() async throws {
        try await StoreFixture.run { store in
            try await store.setVersioning(.enabled)
            try await store.put("k", [1])
            try await store.setVersioning(.suspended)
            for body in [2, 3] as [UInt8] {
                let put = try await store.put("k", [body])
                #expect(put.fields["x-amz-version-id"] == "null")
            }
            #expect(try await store.versions().versions.count == 2)
            let deleted = try await store.client.send(.delete, "/b/k")
            #expect(deleted.fields["x-amz-version-id"] == "null")
            let listed = try await store.versions().versions
            #expect(listed.map(\.isDeleteMarker) == [true, false])
            #expect(listed.first?.versionID == "null")
        }
    }

    @Test func `deleting several names versions, markers and what failed`() async throws {
        try await StoreFixture.run { store in
            try await store.setVersioning(.enabled)
            let id = try await store.put("a", [1]).fields["x-amz-version-id"] ?? ""
            try await store.put("b", [1])
            let deletion = DeletionRequest(objects: [
                .init(key: "a", versionID: id), .init(key: "b"),
                .init(key: "c", versionID: "never one"),
            ])
            let answer = try await store.client.send(.post, "/b?delete", body: [deletion.xml])
            let result = try DeletionResult(xml: answer.body)
            #expect(result.deleted.first == .init(key: "a", versionID: id, outcome: .init()))
            #expect(result.deleted.last?.outcome.isDeleteMarker == true)
            #expect(result.failures.map(\.code) == ["NoSuchVersion"])
            #expect(result.failures.map(\.versionID) == ["never one"])
            let marker = try #require(result.deleted.last?.outcome.versionID)
            #expect(try await store.versions("&prefix=b").versions.first?.versionID == marker)
            #expect(try await store.versions("&prefix=a").versions.isEmpty)
        }
    }

    @Test func `versions of parts keep table, bytes and metadata each`() async throws {
        try await StoreFixture.run(set: ["--inline-bytes-max": "4"]) { store in
            try await store.setVersioning(.enabled)
            var ids: [String] = []
            for number in [1, 2] as [UInt8] {
                let upload = try await store.beginUpload("k")
                let body = [UInt8](repeating: number, count: 9)
                let part = try await store.putPart(1, of: upload, "k", body)
                let named = [(1, part.etag)]
                let done = try await store.complete(upload, "k", named, table: [number])
                ids.append(done.fields["x-amz-version-id"] ?? "")
                // Repeated, it answers the version it made.
                let again = try await store.complete(upload, "k", named, table: [number])
                #expect(again.fields["x-amz-version-id"] == ids.last)
            }
            for (id, number) in zip(ids, [1, 2] as [UInt8]) {
                let target = "/b/k?versionId=\(id)"
                let answer = try await store.client.send(.get, target)
                #expect(answer.body == [UInt8](repeating: number, count: 9))
                let table = try await store.client.send(.get, "/b/k?sealgate-table&versionId=\(id)")
                #expect(table.body == [number])
                let replaced = try await store.client.send(
                    .put,
                    "/b/k?sealgate-metadata&versionId=\(id)",
                    [("if-match", "\"\(answer.etag)\""), ("x-amz-meta-sealgate", "new \(number)")]
                )
                #expect(replaced.fields["x-amz-version-id"] == id)
                let head = try await store.client.send(.head, target)
                #expect(head.fields["x-amz-meta-sealgate"] == "new \(number)")
            }
            await store.expectFiles(objects: 2)
            try await store.client.send(.delete, "/b/k?versionId=\(ids[0])")
            await store.expectFiles(objects: 1)
            let metadata = try await store.versions().versions.map(\.object.metadata)
            #expect(metadata == ["new 2"])
        }
    }

    @Test func `a version is deleted while it is read, to the end`() async throws {
        try await StoreFixture.run { store in
            var generator = SplitMix64(seed: 5)
            let body = generator.bytes(4_000_000)
            try await store.setVersioning(.enabled)
            let id = try await store.put("k", body).fields["x-amz-version-id"] ?? ""
            try await store.put("k", [2])
            let target = "/b/k?versionId=\(id)"
            let answer = try await store.client.read(target) {
                _ = try await store.client.send(.delete, target)
            }
            #expect(answer.body == body)
            #expect(try await store.client.send(.get, target).errorCode == "NoSuchVersion")
        }
    }

    @Test func `a null version deleted between two pages marks its place`() async throws {
        try await StoreFixture.run { store in
            for key in ["a", "b"] { try await store.put(key, [0]) }
            try await store.setVersioning(.enabled)
            for key in ["a", "b"] { try await store.put(key, [1]) }
            let first = try await store.versions("&max-keys=2")
            #expect(first.versions.map(\.versionID).last == "null")
            #expect(first.nextKeyMarker == "a")
            let marker = try #require(first.nextVersionIDMarker)
            for version in first.versions {
                try await store.client.send(.delete, "/b/a?versionId=\(version.versionID)")
            }
            let next = try await store.versions("&key-marker=a&version-id-marker=\(marker)")
            #expect(next.versions.map(\.object.key) == ["b", "b"])
            #expect(next.versions.map(\.isLatest) == [true, false])
            let null = try await store.versions("&key-marker=b&version-id-marker=null")
            #expect(null.versions.isEmpty)
        }
    }
}
