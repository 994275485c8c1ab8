internal import GRDB
internal import Glibc

/// Why the store didn't do what it was asked; what each means to a client: `DialectError`.
enum StoreError: Error, Equatable, Sendable {
    /// The bucket to be made is there.
    case bucketExists
    /// The bucket to be deleted holds objects.
    case bucketNotEmpty
    /// There is no bucket of that name.
    case bucketNotFound
    /// A file isn't as long as the index says; the reason for the log.
    case bodyDamaged(String)
    /// The version is a delete marker; `isCurrent` where none was named.
    case deleteMarker(id: String, isCurrent: Bool, modified: Int64)
    /// No room on the disk.
    case diskFull
    /// The disk or the index refuses: read-only, I/O error, damage; the reason for the log.
    case diskRefused(String)
    /// The disk became read-only.
    case diskReadOnly
    /// The write would leave less room on the disk than is kept free; bytes free now.
    case roomReserved(free: Int64)
    /// A file of the index's is gone: it was replaced since it was looked up.
    case fileNotFound
    /// There is no object of that key.
    case keyNotFound
    /// The file system gives a file no further name.
    case linkRefused
    /// A part named in Complete isn't there or has another ETag.
    case partInvalid(number: Int)
    /// A condition of the request doesn't hold.
    case preconditionFailed
    /// More changes wait for the index than its queue may hold.
    case queueFull
    /// The bucket is the store's own and can't be made or deleted.
    case bucketReserved
    /// What is to be copied is gone or was written since.
    case sourceChanged
    /// The store is stopping.
    case stopping
    /// There is no such upload of that key.
    case uploadNotFound
    /// There is no such version of that key.
    case versionNotFound

    /// What an error of SQLite's means.
    init(index error: any Error) {
        guard let error = error as? DatabaseError else {
            self = (error as? StoreError) ?? .diskRefused(String(describing: error))
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL: self = .diskFull
        case .SQLITE_READONLY: self = .diskReadOnly
        default:
            self = .diskRefused("index: \(error.message ?? String(describing: error.resultCode))")
        }
    }

    /// What an `errno` of a call on a file means.
    init(errno code: Int32, doing what: String) {
        switch code {
        case ENOSPC, EDQUOT: self = .diskFull
        case ENOENT: self = .fileNotFound
        case EROFS: self = .diskReadOnly
        default: self = .diskRefused("\(what): errno \(code)")
        }
    }

    /// Whether it means that a key has no current object.
    var isAbsence: Bool {
        switch self {
        case .deleteMarker(_, isCurrent: true, _), .keyNotFound: true
        default: false
        }
    }

    /// Whether the change surely didn't happen, so that its files may be deleted at once.
    ///
    /// After an I/O error while committing, recovery may still bring the change back; its files
    /// then wait for the sweep at the next start.
    var leavesNoTrace: Bool {
        switch self {
        case .diskReadOnly, .diskRefused: false
        default: true
        }
    }
}
