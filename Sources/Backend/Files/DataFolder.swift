internal import Glibc

/// The folder that holds everything of one store, held by one process.
///
/// `index.sqlite` and its companions; `objects/00` to `objects/ff` with the bodies; `tmp` with
/// those being written; `format` with the number of this layout; `lock`, which the process locks.
final class DataFolder: Sendable {
    /// Why a folder can't be used.
    enum Refusal: Error, Equatable, Sendable {
        /// Another process has it.
        case locked(path: String)
        /// Others may look into it; the mode's last nine bits.
        case modeTooOpen(path: String, mode: UInt32)
        /// It was written by a later version, or by something else.
        case formatUnknown(path: String)
        /// The disk refuses; the reason in words.
        case unusable(path: String, reason: String)
    }

    private static let format = "sealgate-store 1\n"

    /// The path of the folder.
    let path: String
    /// The descriptor of `objects`.
    let objects: Int32
    /// The descriptor of `tmp`.
    let temporary: Int32
    private let lock: Int32

    /// The path of the index.
    var indexPath: String { path + "/index.sqlite" }

    /// Opens a folder, made where it isn't there, and locks it; clears `tmp`.
    init(path: String) throws(Refusal) {
        self.path = path
        let (lock, objects, temporary) = try Self.prepare(path)
        self.lock = lock
        self.objects = objects
        self.temporary = temporary
    }

    deinit {
        close(objects)
        close(temporary)
        close(lock)
    }

    private static func prepare(_ path: String) throws(Refusal) -> (Int32, Int32, Int32) {
        var opened: [Int32] = []
        do {
            try FileCalls.makeFolder(path)
            let folder = try FileCalls.open(path, in: AT_FDCWD, flags: O_RDONLY | O_DIRECTORY)
            defer { close(folder) }
            try checkMode(of: folder, path)
            let lock = try FileCalls.open("lock", in: folder, flags: O_RDWR | O_CREAT)
            opened.append(lock)
            guard flock(lock, LOCK_EX | LOCK_NB) == 0 else { throw Refusal.locked(path: path) }
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
            try FileCalls.flushFolder("objects", in: folder)
            try FileCalls.flushFolder(".", in: folder)
            for name in try FileCalls.names(in: path + "/tmp") {
                try FileCalls.delete(name, in: opened[2])
            }
            return (opened[0], opened[1], opened[2])
        } catch {
            for descriptor in opened { close(descriptor) }
            throw (error as? Refusal) ?? .unusable(path: path, reason: "\(error)")
        }
    }

    private static func checkMode(of folder: Int32, _ path: String) throws {
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
