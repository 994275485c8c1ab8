internal import Glibc

/// The folder that holds everything of one store, held by one process.
///
/// `index.sqlite` and its companions; `objects/00` to `objects/ff` with the bodies; `tmp` with
/// those being written; `format` with the number of this layout; `lock`, which the process locks;
/// `hold`, see `DeletionHold`; `quarantine` with what repairs took out.
final class DataFolder: Sendable {
    /// Why a folder can't be used.
    enum Refusal: Error, Equatable, Sendable {
        /// Another process has it.
        case locked(path: String)
        /// Others may look into it; the mode's last nine bits.
        case modeTooOpen(path: String, mode: UInt32)
        /// It was written by a later version, or by something else.
        case formatUnknown(path: String)
        /// There are bodies and no index that names them.
        case indexMissing(path: String)
        /// The disk refuses; the reason in words.
        case unusable(path: String, reason: String)
    }

    /// What `format` holds.
    static let format = "sealgate-store 1\n"

    /// The path of the folder.
    let path: String
    /// The descriptor of `objects`.
    let objects: Int32
    /// The descriptor of `tmp`.
    let temporary: Int32
    private let lock: Int32

    /// The path of the index.
    var indexPath: String { path + "/index.sqlite" }

    /// Whether bodies may be deleted.
    let hold: DeletionHold

    /// Opens a folder, made where it isn't there, and locks it; clears `tmp`.
    init(path: String) throws(Refusal) {
        self.path = path
        let opened = try Self.prepare(path)
        (lock, objects, temporary, hold) = opened
    }

    deinit {
        close(objects)
        close(temporary)
        close(lock)
    }

    private typealias Opened = (
        lock: Int32, objects: Int32, temporary: Int32, hold: DeletionHold
    )

    private static func prepare(_ path: String) throws(Refusal) -> Opened {
        var opened: [Int32] = []
        do {
            try FileCalls.makeFolder(path)
            try flushParent(of: path)
            let folder = try FileCalls.open(path, in: AT_FDCWD, flags: O_RDONLY | O_DIRECTORY)
            defer { close(folder) }
            try checkMode(of: folder, path)
            opened.append(try lock(in: folder, path))
            try checkFormat(in: folder, path)
            for name in ["objects", "tmp"] {
                try FileCalls.makeFolder(path + "/" + name)
                opened.append(
                    try FileCalls.open(name, in: folder, flags: O_RDONLY | O_DIRECTORY)
                )
            }
            for number in 0...255 {
                let name = FileID.folder(UInt8(truncatingIfNeeded: number))
                try FileCalls.makeFolder(path + "/objects/" + name)
            }
            try requireIndex(in: folder, path)
            try FileCalls.flushFolder("objects", in: folder)
            try FileCalls.flushFolder(".", in: folder)
            for name in try FileCalls.names(in: path + "/tmp") {
                try FileCalls.delete(name, in: opened[2])
            }
            return (opened[0], opened[1], opened[2], try DeletionHold(folder: folder))
        } catch {
            for descriptor in opened { close(descriptor) }
            throw (error as? Refusal) ?? .unusable(path: path, reason: "\(error)")
        }
    }

    /// Takes the lock of an open folder; answers its descriptor.
    static func lock(in folder: Int32, _ path: String) throws -> Int32 {
        let lock = try FileCalls.open("lock", in: folder, flags: O_RDWR | O_CREAT)
        guard flock(lock, LOCK_EX | LOCK_NB) == 0 else {
            close(lock)
            throw Refusal.locked(path: path)
        }
        return lock
    }

    /// A new folder's entry in its parent outlives the power only when that was flushed.
    private static func flushParent(of path: String) throws {
        let folder = try FileCalls.open(path, in: AT_FDCWD, flags: O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        do throws(StoreError) {
            try FileCalls.flushFolder("..", in: folder)
        } catch {
            // A parent that may be passed but not read was made by somebody else, before.
            guard error == .diskRefused("open: errno \(EACCES)") else { throw error }
        }
    }

    /// Without an index every body would count as an orphan, and go.
    private static func requireIndex(in folder: Int32, _ path: String) throws {
        do throws(StoreError) {
            close(try FileCalls.open("index.sqlite", in: folder, flags: O_RDONLY))
            return
        } catch {
            guard error == .fileNotFound else { throw error }
        }
        for number in 0...255 {
            let name = FileID.folder(UInt8(truncatingIfNeeded: number))
            guard try FileCalls.names(in: path + "/objects/" + name).isEmpty else {
                throw Refusal.indexMissing(path: path)
            }
        }
    }

    /// Refuses a folder that others may look into.
    static func checkMode(of folder: Int32, _ path: String) throws {
        var status = stat()
        guard unsafe fstat(folder, &status) == 0 else {
            throw StoreError(errno: errno, doing: "stat")
        }
        let open = status.st_mode & 0o077
        guard open == 0 else {
            throw Refusal.modeTooOpen(path: path, mode: UInt32(status.st_mode & 0o777))
        }
    }

    private static func checkFormat(in folder: Int32, _ path: String) throws {
        let file = try FileCalls.open("format", in: folder, flags: O_RDWR | O_CREAT)
        defer { close(file) }
        let text = try FileCalls.read(64, from: file, at: 0)
        if text.isEmpty {
            // A first start may have broken off here; a used folder always has an index.
            try FileCalls.write(Array(format.utf8).span, to: file, at: 0)
            try FileCalls.flushData(file)
        } else if text != Array(format.utf8) {
            throw Refusal.formatUnknown(path: path)
        }
    }
}

extension FileID {
    /// The folder of the names whose first byte is `byte`.
    static func folder(_ byte: UInt8) -> String {
        FileID(bytes: [byte] + [UInt8](repeating: 0, count: 15))?.folder ?? "00"
    }
}
