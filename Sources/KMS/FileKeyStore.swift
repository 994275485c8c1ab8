internal import Glibc

/// The instants of a write at which a crash leaves different files behind.
enum FileWriteStep: CaseIterable, Sendable {
    case temporaryMade
    case temporarySynced
    case named
}

/// A directory of small secret files; the only place where this module touches files.
///
/// Every call blocks, so all of them run on a `FileThread`. Directory 0700 and files 0600, of this
/// process's user or root, anything else refused with the remedy. A write is a temporary file,
/// synced, given its name, the directory synced, and read back; a crash leaves the old file or the
/// new, and at most a temporary one, which the next opening sweeps away. One process at a time
/// writes; others may read.
final class FileKeyStore: Sendable {
    /// The largest file in bytes.
    static let fileCountMax = 1 << 20
    /// Files that a directory may hold.
    static let nameCountMax = 8192

    let path: String
    private let directory: CInt
    private let isReadOnly: Bool
    private let dies: (@Sendable (FileWriteStep) -> Bool)?

    /// Opens a directory and takes its lock, and makes the directory where there is none.
    ///
    /// - Parameters:
    ///   - path: the directory; its parent exists.
    ///   - isReadOnly: makes, locks, sweeps and writes nothing: files change as a whole, so that
    ///     one may read beside the process that writes.
    ///   - dies: whether a write ends at a step as if the process had died; for tests.
    /// - Throws: `.stateUnsafe`.
    init(
        path: String,
        isReadOnly: Bool = false,
        dies: (@Sendable (FileWriteStep) -> Bool)? = nil
    ) throws(KMSError) {
        if isReadOnly {
            // It is to be there.
        } else if unsafe mkdir(path, 0o700) == 0 {
            try Self.syncParent(of: path)
        } else if errno != EEXIST {
            throw Self.failure("make", path)
        }
        let directory = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw Self.failure("open", path) }
        self.path = path
        self.directory = directory
        self.isReadOnly = isReadOnly
        self.dies = dies
        try Self.checkSafe(directory, path, isDirectory: true)
        guard !isReadOnly else { return }
        guard flock(directory, LOCK_EX | LOCK_NB) == 0 else {
            throw .stateUnsafe("\(path) is in use by another process; stop that one first")
        }
        for name in try names() where name.hasPrefix(Self.temporaryPrefix) {
            _ = unsafe unlinkat(directory, name, 0)
        }
    }

    deinit { close(directory) }

    /// The names of the files, in no order.
    ///
    /// - Throws: `.stateUnsafe`.
    func names() throws(KMSError) -> [String] {
        let descriptor = unsafe openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("list", path) }
        guard let stream = unsafe fdopendir(descriptor) else {
            close(descriptor)
            throw Self.failure("list", path)
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
                unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name == "." || name == ".." { continue }
            guard names.count < Self.nameCountMax else {
                throw .limitExceeded("more than \(Self.nameCountMax) files in \(path)")
            }
            names.append(name)
        }
        return names
    }

    /// The bytes of a file, `nil` when there is none of that name.
    ///
    /// - Throws: `.stateUnsafe`.
    func read(_ name: String) throws(KMSError) -> [UInt8]? {
        let file = unsafe openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw Self.failure("open", "\(path)/\(name)")
        }
        defer { close(file) }
        return try Self.read(file, "\(path)/\(name)")
    }

    /// Writes a file whole; it is durable, and was read back, when this returns.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - bytes: all of it.
    ///   - isNew: leaves a file that is there already as it is.
    /// - Returns: whether it was written; `false` only with `isNew`.
    /// - Throws: `.stateUnsafe`.
    func write(_ name: String, _ bytes: [UInt8], isNew: Bool) throws(KMSError) -> Bool {
        guard !isReadOnly else { throw .stateUnsafe("\(path) was opened to be read only") }
        let temporary = Self.temporaryPrefix + String(UInt64.random(in: 0...(.max)), radix: 16)
        do throws(KMSError) {
            try writeTemporary(temporary, bytes)
            let isWritten = try give(name, to: temporary, isNew: isNew)
            if isNew { _ = unsafe unlinkat(directory, temporary, 0) }
            guard isWritten else { return false }
        } catch {
            if error != Self.death { _ = unsafe unlinkat(directory, temporary, 0) }
            throw error
        }
        guard fsync(directory) == 0 else { throw Self.failure("sync", path) }
        guard try read(name) == bytes else {
            throw .stateUnsafe("\(path)/\(name) doesn't read back as written; check the disk")
        }
        return true
    }

    private func writeTemporary(_ name: String, _ bytes: [UInt8]) throws(KMSError) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = unsafe openat(directory, name, flags, 0o600)
        guard file >= 0 else { throw Self.failure("make a file in", path) }
        defer { close(file) }
        try die(at: .temporaryMade)
        try Self.write(file, bytes, "\(path)/\(name)")
        guard fchmod(file, 0o600) == 0, fsync(file) == 0 else { throw Self.failure("sync", path) }
        try die(at: .temporarySynced)
    }

    private func give(
        _ name: String,
        to temporary: String,
        isNew: Bool
    ) throws(KMSError) -> Bool {
        // A link fails where the name is taken; a renaming replaces what is there.
        let result =
            isNew
            ? unsafe linkat(directory, temporary, directory, name, 0)
            : unsafe renameat(directory, temporary, directory, name)
        if result != 0, isNew, errno == EEXIST { return false }
        guard result == 0 else { throw Self.failure("name", "\(path)/\(name)") }
        try die(at: .named)
        return true
    }

    private func die(at step: FileWriteStep) throws(KMSError) {
        if let dies, dies(step) { throw Self.death }
    }

    private static var temporaryPrefix: String { ".tmp-" }
    private static let death = KMSError.stateUnsafe("the process died")
}

extension FileKeyStore {
    /// Whether there is something of that name.
    static func exists(_ path: String) -> Bool { unsafe access(path, F_OK) == 0 }

    /// The bytes of a secret file anywhere: a regular file, 0600 or less, of this user or root.
    ///
    /// - Throws: `.stateUnsafe`.
    static func readSecret(_ path: String) throws(KMSError) -> [UInt8] {
        let file = unsafe open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard file >= 0 else { throw failure("open", path) }
        defer { close(file) }
        return try read(file, path)
    }

    /// Makes a secret file, 0600, durable when this returns.
    ///
    /// - Returns: `false` when there is something of that name; it stays as it is.
    /// - Throws: `.stateUnsafe`.
    static func createSecret(_ path: String, _ bytes: [UInt8]) throws(KMSError) -> Bool {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = unsafe open(path, flags, 0o600)
        if file < 0, errno == EEXIST { return false }
        guard file >= 0 else { throw failure("make", path) }
        defer { close(file) }
        do throws(KMSError) {
            try write(file, bytes, path)
            guard fchmod(file, 0o600) == 0, fsync(file) == 0 else { throw failure("sync", path) }
        } catch {
            _ = unsafe unlink(path)
            throw error
        }
        try syncParent(of: path)
        return true
    }

    /// Makes the name of a new file or directory durable.
    private static func syncParent(of path: String) throws(KMSError) {
        var path = path[...]
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let directory = unsafe open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { throw failure("open", parent) }
        defer { close(directory) }
        guard fsync(directory) == 0 else { throw failure("sync", parent) }
    }

    private static func read(_ file: CInt, _ path: String) throws(KMSError) -> [UInt8] {
        let size = try checkSafe(file, path, isDirectory: false)
        guard size <= fileCountMax else {
            throw .stateUnsafe("\(path) is larger than \(fileCountMax) bytes")
        }
        // One buffer, filled in place: no other copy of what may be a key.
        var bytes = [UInt8](repeating: 0, count: size)
        var count = 0
        while count < size {
            let result = unsafe bytes.withUnsafeMutableBytes { buffer in
                let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[count...])
                return unsafe Glibc.read(file, rest.baseAddress, rest.count)
            }
            if result < 0, errno == EINTR { continue }
            guard result >= 0 else { throw failure("read", path) }
            if result == 0 { break }
            count += result
        }
        bytes.removeLast(size - count)
        return bytes
    }

    private static func write(_ file: CInt, _ bytes: [UInt8], _ path: String) throws(KMSError) {
        var count = 0
        while count < bytes.count {
            let result = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[count...])
                return unsafe Glibc.write(file, rest.baseAddress, rest.count)
            }
            if result < 0, errno == EINTR { continue }
            guard result > 0 else { throw failure("write", path) }
            count += result
        }
    }

    /// The size of what is open, when its kind, owner and mode are as they must be.
    @discardableResult
    private static func checkSafe(
        _ descriptor: CInt,
        _ path: String,
        isDirectory: Bool
    ) throws(KMSError) -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("look at", path) }
        let kind = isDirectory ? S_IFDIR : S_IFREG
        guard status.st_mode & S_IFMT == kind else {
            throw .stateUnsafe("\(path) is no \(isDirectory ? "directory" : "regular file")")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw .stateUnsafe(
                "\(path) belongs to user \(status.st_uid); run: chown \(geteuid()) \(path)"
            )
        }
        let mode = status.st_mode & 0o7777
        guard mode & 0o077 == 0 else {
            let octal = "0" + String(mode, radix: 8)
            let wanted = isDirectory ? "700" : "600"
            throw .stateUnsafe("\(path) has mode \(octal); run: chmod \(wanted) \(path)")
        }
        return Int(status.st_size)
    }

    private static func failure(_ action: String, _ path: String) -> KMSError {
        let number = errno
        let reason =
            switch number {
            case EACCES, EPERM: "permission denied"
            case EDQUOT, ENOSPC: "no space left"
            case EIO: "input/output error"
            case ELOOP: "a symbolic link"
            case ENOENT: "no such file or directory"
            case ENOTDIR: "not a directory"
            case EROFS: "read-only file system"
            default: "error \(number)"
            }
        return .stateUnsafe("can't \(action) \(path): \(reason)")
    }
}
