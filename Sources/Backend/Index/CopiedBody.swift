internal import Foundation
internal import GRDB

/// An object or version that is to be copied, as somebody read it.
struct CopySource: Sendable {
    var bucket: String
    var key: KeyBytes
    var version: VersionSelector
    var etag: String
}

/// A stored body that a new object is to share: its files by new names of their own.
struct CopiedBody: Equatable, Sendable {
    /// One segment of a composite body.
    struct Segment: Equatable, Sendable {
        var number: Int
        var size: Int64
        var etag: String
        var body: BodyLocation
    }

    /// Where the bytes are; of a composite body the segments say it.
    var location: BodyLocation
    var segments: [Segment] = []
    /// Bytes of the body.
    var size: Int64

    /// The files that hold it, in order.
    var files: [FileID] {
        let locations = [location] + segments.map(\.body)
        return locations.compactMap { location in
            if case .file(let id) = location { id } else { nil }
        }
    }

    /// The same body by other names of its files, as many as `files`.
    func linked(as links: [FileID]) -> CopiedBody {
        var next = links[...]
        func renamed(_ location: BodyLocation) -> BodyLocation {
            guard case .file = location, let link = next.popFirst() else { return location }
            return .file(link)
        }
        var body = self
        body.location = renamed(location)
        for index in body.segments.indices {
            body.segments[index].body = renamed(segments[index].body)
        }
        return body
    }
}

extension IndexReader {
    /// - Throws: `.sourceChanged` where there is no such object, or no longer.
    func body(of source: CopySource) throws(StoreError) -> CopiedBody {
        let object: ObjectRecord
        do throws(StoreError) {
            object = try self.object(
                bucket: source.bucket,
                key: source.key,
                version: source.version
            )
        } catch {
            switch error {
            case .bucketNotFound, .deleteMarker, .keyNotFound, .versionNotFound:
                throw .sourceChanged
            default: throw error
            }
        }
        guard object.etag == source.etag else { throw .sourceChanged }
        var body = CopiedBody(location: object.body, size: object.size)
        guard case .composite(let version) = object.body else { return body }
        body.segments = try read { (database) throws(StoreError) in
            try database.all(
                """
                SELECT number, size, etag, storage, file, coalesce(body, 0) FROM segments
                WHERE version = ? ORDER BY start, number
                """,
                [version]
            ) { row in
                CopiedBody.Segment(
                    number: Int(try row.integer(0)),
                    size: try row.integer(1),
                    etag: try row.text(2),
                    body: try row.location(storage: 3, file: 4, owner: try row.integer(5))
                )
            }
        }
        guard body.segments.reduce(0, { $0 + $1.size }) == object.size, !body.segments.isEmpty
        else { throw .sourceChanged }
        return body
    }
}

extension IndexTransaction {
    /// Makes an object of a body that another shares; `table` is its part table, empty for none.
    ///
    /// - Throws: `.sourceChanged` where the source is no longer what was read: a copy onto itself
    ///   must not undo a write that came between.
    func copyObject(
        _ body: CopiedBody,
        of source: CopySource,
        bucket name: String,
        key: KeyBytes,
        metadata: String?,
        table: [UInt8],
        condition: WriteCondition
    ) throws(StoreError) -> WriteOutcome {
        let bucket = try database.bucket(name)
        let holder = source.bucket == name ? bucket : try database.bucket(source.bucket)
        let found = try find(source.version, bucket: holder.id, key: source.key)
        guard found?.etag == source.etag else { throw .sourceChanged }
        let version = try nextNumber()
        // Before the key's object goes, which may be the very one that is copied.
        let location = try link(body, version: version)
        try makeWay(in: bucket, key: key, condition: condition)
        if !table.isEmpty {
            try database.run("INSERT INTO part_tables VALUES (?, ?)", [version, Data(table)])
        }
        return try insertObject(
            in: bucket,
            key: key,
            version: version,
            size: body.size,
            metadata: metadata,
            body: location
        )
    }

    private func link(_ body: CopiedBody, version: Int64) throws(StoreError) -> BodyLocation {
        guard case .composite = body.location else {
            return try link(body.location, size: body.size, owner: version)
        }
        var start: Int64 = 0
        for segment in body.segments {
            let owner: Int64 = if case .inline = segment.body { try nextNumber() } else { 0 }
            let location = try link(segment.body, size: segment.size, owner: owner)
            try database.run(
                "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    version, start, segment.number, segment.size, segment.etag,
                    location.storageCode, location.fileColumn, location.bodyColumn,
                ]
            )
            start += segment.size
        }
        return .composite(version: version)
    }

    private func link(
        _ location: BodyLocation,
        size: Int64,
        owner: Int64
    ) throws(StoreError) -> BodyLocation {
        switch location {
        case .empty: return .empty
        case .file(let id): return try link(.file(id, size: size), owner: owner)
        case .inline(let id):
            try database.run(
                "INSERT INTO bodies SELECT ?, data FROM bodies WHERE id = ?",
                [owner, id]
            )
            guard database.changesCount == 1 else { throw .sourceChanged }
            return .inline(id: owner)
        case .composite, .deleteMarker: throw .sourceChanged
        }
    }
}
