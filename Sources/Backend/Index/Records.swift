internal import S3Wire

/// An object's key: 1 to 1,024 bytes of UTF-8 without NUL, compared as bytes.
typealias KeyBytes = [UInt8]

/// A bucket in the index.
struct BucketRecord: Equatable, Sendable {
    var id: Int64
    var name: String
    /// Milliseconds since the Unix epoch.
    var created: Int64
    var versioning: BucketVersioning
}

/// Where the bytes of a body are.
enum BodyLocation: Equatable, Sendable {
    case empty
    /// In the index, under this id.
    case inline(id: Int64)
    /// In a file of its own.
    case file(FileID)
    /// In the segments of this version, one behind the other.
    case composite(version: Int64)
    /// Nowhere: the version says that the object was deleted.
    case deleteMarker
}

/// An object in the index.
struct ObjectRecord: Equatable, Sendable {
    /// New with every body, greater than all before; metadata replaced in place keep it.
    var version: Int64
    /// Whether it goes by the id `null`: it was written while the bucket didn't keep versions.
    var isNull = true
    var etag: String
    /// Bytes of the body.
    var size: Int64
    /// Milliseconds since the Unix epoch.
    var modified: Int64
    var metadata: String?
    var body: BodyLocation
    /// The bytes of an inline body where they were asked for.
    var inlineBytes: [UInt8]?
    /// The id that clients know; `nil` in a bucket that never kept versions.
    var versionID: String?
}

/// A piece of a composite body.
struct SegmentRecord: Equatable, Sendable {
    /// Where in the body it begins.
    var offset: Int64
    var size: Int64
    var body: BodyLocation
}

/// A body whose bytes are safe to be linked into the index.
enum NewBody: Equatable, Sendable {
    case inline([UInt8])
    case file(FileID, size: Int64)

    var size: Int64 {
        switch self {
        case .inline(let bytes): Int64(bytes.count)
        case .file(_, let size): size
        }
    }
}

/// What must hold for a change to happen, decided in its transaction.
enum WriteCondition: Equatable, Sendable {
    case none
    /// The key must not exist.
    case absent
    /// The object must be there with this ETag.
    case matches(etag: String)
    /// The object must be there.
    case exists

    func check(_ etag: String?) throws(StoreError) {
        switch self {
        case .none: return
        case .absent: if etag != nil { throw .preconditionFailed }
        case .exists: if etag == nil { throw .keyNotFound }
        case .matches(let wanted):
            guard let etag else { throw .keyNotFound }
            if etag != wanted { throw .preconditionFailed }
        }
    }
}

/// What a write made.
struct WriteOutcome: Equatable, Sendable {
    var etag: String
    /// Milliseconds since the Unix epoch.
    var modified: Int64
    /// The id that clients know; `nil` in a bucket that never kept versions.
    var versionID: String?
}

/// A multipart upload in the index.
struct UploadRecord: Equatable, Sendable {
    var id: UploadID
    var key: KeyBytes
    /// Milliseconds since the Unix epoch.
    var initiated: Int64
    var metadata: String?
}

/// A part of an upload in the index.
struct PartRecord: Equatable, Sendable {
    var number: Int
    var etag: String
    var size: Int64
    /// Milliseconds since the Unix epoch.
    var modified: Int64
    var attributes: String?
    var body: BodyLocation
}

/// A part as Complete names it.
struct NamedPart: Equatable, Sendable {
    var number: Int
    var etag: String
}
