internal import CLinux
internal import Glibc

/// System calls on files, with the store's errors; each is tried again where a signal broke it.
enum FileCalls {
    /// Opens `name` below the folder of `folder`; answers the descriptor.
    static func open(
        _ name: String,
        in folder: Int32,
        flags: Int32,
        mode: mode_t = 0o600
    ) throws(StoreError) -> Int32 {
        try retry("open") { unsafe openat(folder, name, flags | O_CLOEXEC, mode) }
    }

    /// The length of an open file in bytes.
    static func size(of descriptor: Int32) throws(StoreError) -> Int64 {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw StoreError(errno: errno, doing: "fstat")
        }
        return Int64(status.st_size)
    }

    /// The length of a file by its path in bytes; 0 where it can't be told.
    static func size(at path: String) -> Int64 {
        var status = stat()
        return unsafe stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Makes a folder of mode 0700; one that is there is left alone.
    static func makeFolder(_ path: String) throws(StoreError) {
        guard unsafe mkdir(path, 0o700) != 0 else { return }
        let code = errno
        guard code != EEXIST else { return }
        throw StoreError(errno: code, doing: "mkdir \(path)")
    }

    /// Writes all of `bytes` at `offset`.
    static func write(
        _ bytes: Span<UInt8>,
        to descriptor: Int32,
        at offset: Int64
    ) throws(StoreError) {
        var done = 0
        while done < bytes.count {
            let rest = bytes.extracting(droppingFirst: done)
            let position = Int(offset) + done
            let count = unsafe rest.withUnsafeBytes { bytes in
                unsafe pwrite(descriptor, bytes.baseAddress, bytes.count, position)
            }
            if count < 0 {
                let code = errno
                if code == EINTR { continue }
                throw StoreError(errno: code, doing: "write")
            }
            done += count
        }
    }

    /// Reads up to `count` bytes at `offset`; fewer only at the end of the file.
    static func read(
        _ count: Int,
        from descriptor: Int32,
        at offset: Int64
    ) throws(StoreError) -> [UInt8] {
        var failure: StoreError?
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count {
                let result = unsafe pread(
                    descriptor,
                    buffer.baseAddress.map { unsafe $0 + done },
                    count - done,
                    Int(offset) + done
                )
                if result == 0 { return }
                if result > 0 {
                    done += result
                } else if errno != EINTR {
                    failure = StoreError(errno: errno, doing: "read")
                    return
                }
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// Sends bytes of a file, from the page cache, to another descriptor; fewer at the file's end.
    static func send(
        _ range: Range<Int64>,
        of descriptor: Int32,
        to target: Int32
    ) throws(StoreError) {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let count = Int(range.upperBound - offset)
            let sent = sealgate_send_file(target, descriptor, off_t(offset), count)
            if sent == 0 { return }
            if sent > 0 {
                offset += Int64(sent)
            } else if errno != EINTR {
                throw StoreError(errno: errno, doing: "sendfile")
            }
        }
    }

    /// Flushes a file's bytes, and what is needed to read them, to the disk.
    static func flushData(_ descriptor: Int32) throws(StoreError) {
        _ = try retry("fdatasync") { fdatasync(descriptor) }
    }

    /// Flushes a folder's entries to the disk.
    static func flushFolder(_ name: String, in folder: Int32) throws(StoreError) {
        let descriptor = try open(name, in: folder, flags: O_RDONLY | O_DIRECTORY)
        defer { close(descriptor) }
        _ = try retry("fsync") { fsync(descriptor) }
    }

    /// Moves a file to another folder.
    static func move(
        _ name: String,
        from source: Int32,
        to target: Int32,
        as newName: String
    ) throws(StoreError) {
        _ = try retry("rename") { unsafe renameat(source, name, target, newName) }
    }

    /// Gives a file a second name: both stand for the same bytes, and one outlives the other.
    ///
    /// - Throws: `.linkRefused` where the file system can't, or can't once more.
    static func link(_ name: String, as newName: String, in folder: Int32) throws(StoreError) {
        while unsafe linkat(folder, name, folder, newName, 0) != 0 {
            let code = errno
            switch code {
            case EINTR: continue
            case EMLINK, EOPNOTSUPP, EPERM, EXDEV: throw .linkRefused
            default: throw StoreError(errno: code, doing: "link")
            }
        }
    }

    /// Deletes a file; one that is gone is no error.
    static func delete(_ name: String, in folder: Int32) throws(StoreError) {
        do {
            _ = try retry("unlink") { unsafe unlinkat(folder, name, 0) }
        } catch .fileNotFound {}
    }

    /// The bytes free for the process on the disk of a folder, and the disk's size.
    static func room(of folder: Int32) throws(StoreError) -> (free: Int64, total: Int64) {
        var status = statvfs()
        guard unsafe fstatvfs(folder, &status) == 0 else {
            throw StoreError(errno: errno, doing: "statvfs")
        }
        let block = Int64(clamping: status.f_frsize)
        return (
            Int64(clamping: status.f_bavail).multipliedReportingOverflow(by: block).partialValue,
            Int64(clamping: status.f_blocks).multipliedReportingOverflow(by: block).partialValue
        )
    }

    /// The names in a folder, without `.` and `..`.
    static func names(in path: String) throws(StoreError) -> [String] {
        guard let stream = unsafe opendir(path) else {
            throw StoreError(errno: errno, doing: "opendir")
        }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { field in
                unsafe field.withMemoryRebound(to: CChar.self, capacity: 256) {
                    unsafe String(cString: $0)
                }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    private static func retry(
        _ what: String,
        _ call: () -> Int32
    ) throws(StoreError) -> Int32 {
        while true {
            let result = call()
            if result >= 0 { return result }
            let code = errno
            if code != EINTR { throw StoreError(errno: code, doing: what) }
        }
    }
}
