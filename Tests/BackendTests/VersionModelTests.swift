import S3Wire
import TestSupport
import Testing

@testable import Backend

/// Random changes of a bucket's versions against a model that keeps them in arrays.
@Suite struct VersionModelTests {
    private struct Version: Equatable {
        var id: String
        /// `nil` for a delete marker.
        var etag: String?
    }

    /// What a bucket should hold; versions of a key stand the newest first.
    private struct Model {
        var state = BucketVersioning.unversioned
        var keys: [String: [Version]] = [:]

        mutating func add(_ key: String, _ version: Version) {
            var versions = keys[key] ?? []
            if state != .enabled { versions.removeAll { $0.id == "null" } }
            keys[key] = [version] + versions
        }

        mutating func remove(_ key: String, _ id: String) {
            keys[key]?.removeAll { $0.id == id }
            if keys[key]?.isEmpty == true { keys[key] = nil }
        }
    }

    private func check(_ model: Model, _ fixture: IndexFixture, _ note: String) throws {
        let reader = fixture.reader
        let page = try reader.listVersions(bucket: "b", ListingQuery(countMax: 1000))
        let found = page.entries.map {
            (String(decoding: $0.object.key, as: UTF8.self), $0.version, $0.isNull, $0)
        }
        var expected: [(String, Version, Bool)] = []
        for (key, versions) in model.keys.sorted(by: { $0.key < $1.key }) {
            for (index, version) in versions.enumerated() {
                expected.append((key, version, index == 0))
            }
        }
        #expect(found.map(\.0) == expected.map(\.0), "\(note)")
        #expect(found.map { VersionSelector.id($0.1, isNull: $0.2) } == expected.map(\.1.id))
        #expect(found.map(\.3.isLatest) == expected.map(\.2))
        #expect(found.map(\.3.isDeleteMarker) == expected.map { $0.1.etag == nil })
        let current = try reader.listObjects(bucket: "b", ListingQuery(countMax: 1000))
        let latest = expected.filter { $0.2 && $0.1.etag != nil }
        #expect(current.entries.map(\.etag) == latest.map(\.1.etag), "\(note)")
        for (key, version, isLatest) in expected {
            let selector = try #require(VersionSelector(id: version.id))
            let bytes = KeyBytes(key.utf8)
            for selector in isLatest ? [selector, .current] : [selector] {
                do {
                    let object = try reader.object(
                        bucket: "b",
                        key: bytes,
                        version: selector,
                        withBody: true
                    )
                    #expect(object.etag == version.etag, "\(note)")
                    #expect(object.inlineBytes?.count == 3)
                } catch {
                    guard case .deleteMarker(let id, let isCurrent, _) = error else { throw error }
                    #expect(version.etag == nil && id == version.id)
                    #expect(isCurrent == (selector == .current))
                }
            }
        }
    }

    @Test(arguments: 1...12)
    func `any sequence of changes leaves what the model holds`(seed: Int) async throws {
        var generator = SplitMix64(seed: UInt64(seed))
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        var model = Model()
        var ids: [(key: String, id: String)] = [("a", "null")]
        for step in 0..<60 {
            let key = ["a", "b", "c"].randomElement(using: &generator) ?? "a"
            let note = "seed \(seed), step \(step)"
            switch Int.random(in: 0..<12, using: &generator) {
            case 0:
                let state = [BucketVersioning.enabled, .suspended].randomElement(using: &generator)
                model.state = state ?? .enabled
                try await fixture.change { [state = model.state] (transaction) throws(StoreError) in
                    try transaction.setVersioning(state, bucket: "b")
                }
            case 1...5:
                let outcome = try await fixture.put(key)
                #expect((outcome.versionID == nil) == (model.state == .unversioned))
                let version = Version(id: outcome.versionID ?? "null", etag: outcome.etag)
                model.add(key, version)
                ids.append((key, version.id))
            case 6...8:
                let deletion = try await delete(key, .current, fixture)
                if case .hidden(let marker) = deletion {
                    let version = Version(id: try #require(marker.versionID))
                    model.add(key, version)
                    ids.append((key, version.id))
                } else {
                    #expect(model.state == .unversioned)
                    model.remove(key, "null")
                }
            default:
                let named = try #require(ids.randomElement(using: &generator))
                let selector = try #require(VersionSelector(id: named.id))
                let wasMarker = model.keys[named.key]?.contains {
                    $0.id == named.id && $0.etag == nil
                }
                let deletion = try await delete(named.key, selector, fixture)
                #expect(deletion == (wasMarker == true ? .marker : .version))
                model.remove(named.key, named.id)
            }
            try check(model, fixture, note)
        }
        // Every version gone, nothing is left in any table, and the bucket may go.
        for (key, versions) in model.keys {
            for version in versions.shuffled(using: &generator) {
                let selector = try #require(VersionSelector(id: version.id))
                _ = try await delete(key, selector, fixture)
            }
        }
        try await fixture.change { (transaction) throws(StoreError) in
            for table in ["bodies", "objects", "versions", "files", "segments", "part_tables"] {
                let row = try transaction.database.first("SELECT 1 FROM \(table)") { _ in true }
                #expect(row == nil, "\(table)")
            }
            try transaction.deleteBucket("b")
        }
    }

    private func delete(
        _ key: String,
        _ selector: VersionSelector,
        _ fixture: IndexFixture
    ) async throws -> Deletion {
        try await fixture.change { (transaction) throws(StoreError) in
            try transaction.deleteObject(
                bucket: "b",
                key: KeyBytes(key.utf8),
                version: selector
            )
        }
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `pages of any size put together are all versions`(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let fixture = try IndexFixture()
        try await fixture.makeBucket()
        _ = try await fixture.put("a/1")
        try await fixture.change { (transaction) throws(StoreError) in
            try transaction.setVersioning(.enabled, bucket: "b")
        }
        for _ in 0..<60 {
            let key = ["a/1", "a/2", "b", "c", "c/d"].randomElement(using: &generator) ?? "b"
            if Bool.random(using: &generator) {
                _ = try await fixture.put(key)
            } else {
                _ = try await delete(key, .current, fixture)
            }
        }
        for (prefix, delimiter) in [("", ""), ("", "/"), ("a/", "/"), ("c", "")] {
            var query = ListingQuery(
                prefix: KeyBytes(prefix.utf8),
                delimiter: KeyBytes(delimiter.utf8),
                countMax: 1000
            )
            let whole = try fixture.reader.listVersions(bucket: "b", query)
            for count in 1...7 {
                query.countMax = count
                query.marker = []
                var marker = VersionSelector.current
                var found: [ListedVersion] = []
                var prefixes: [KeyBytes] = []
                while true {
                    let page = try fixture.reader.listVersions(bucket: "b", query, behind: marker)
                    #expect(page.count == count || !page.isTruncated)
                    found += page.entries
                    prefixes += page.commonPrefixes
                    guard page.isTruncated, let last = page.last else { break }
                    query.marker = last
                    let version = page.entries.last { $0.object.key == last }
                    marker = version.map { .numbered($0.version) } ?? .current
                }
                #expect(found == whole.entries, "seed \(seed), \(prefix) by \(delimiter)")
                #expect(prefixes == whole.commonPrefixes)
            }
        }
    }

    @Test func `an id sorts behind those of newer versions`() {
        for version in [1, 2, 1000, Int64.max - 1] as [Int64] {
            let id = VersionSelector.id(version)
            #expect(VersionSelector(id: id) == .numbered(version))
            #expect(VersionSelector.id(version + 1) < id)
        }
        for id in ["", "NULL", "0", "ffffffffffffffff", "7FFFFFFFFFFFFFF0", "7ffffffffffffff"] {
            #expect(VersionSelector(id: id) == nil, "\(id)")
        }
    }
}
