internal import Encoding
import Glibc

/// A file of events that is open, and closed with its last owner.
final class OpenAuditFile: Sendable {
    let descriptor: Int32
    private let path: String

    /// Opens a file to append to, made with mode 0600, and keeps other writers out.
    ///
    /// - Throws: `.fileUnusable`, `.inUse`.
    convenience init(_ path: String) throws(AuditFileError) {
        try self.init(path: path, flags: O_RDWR | O_APPEND | O_CREAT)
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(path: path) }
    }

    init(path: String, flags: Int32) throws(AuditFileError) {
        descriptor = unsafe open(path, flags | O_CLOEXEC, 0o600)
        self.path = path
        guard descriptor >= 0 else {
            throw .fileUnusable(path: path, reason: SystemFile.reason(errno))
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What stands at the end.
    func tail() throws(AuditFileError) -> AuditTail {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw unusable }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .fileUnusable(path: path, reason: "not a file")
        }
        let size = Int(status.st_size)
        let count = min(size, AuditTail.countMax)
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = unsafe bytes.withUnsafeMutableBytes { buffer in
                unsafe pread(
                    descriptor,
                    UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]).baseAddress,
                    count - filled,
                    size - count + filled
                )
            }
            guard got > 0 || got < 0 && errno == EINTR else { throw unusable }
            filled += max(0, got)
        }
        return AuditTail(size: size, bytes: bytes)
    }

    private var unusable: AuditFileError {
        .fileUnusable(path: path, reason: SystemFile.reason(errno))
    }

    /// The newest of the files that were rotated away, by their numbers.
    static func newestRotated(_ path: String) -> String? {
        let cut = path.lastIndex(of: "/")
        let folder = cut.map { String(path[..<$0]) } ?? "."
        let prefix = (cut.map { String(path[path.index(after: $0)...]) } ?? path) + "."
        guard let directory = unsafe opendir(folder.isEmpty ? "/" : folder) else { return nil }
        defer { unsafe closedir(directory) }
        var newest: (number: UInt64, name: String)?
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix(prefix), let number = UInt64(name.dropFirst(prefix.count)),
                number > newest?.number ?? 0
            else { continue }
            newest = (number, name)
        }
        return newest.map { "\(folder)/\($0.name)" }
    }
}

/// What stands at the end of a file of events.
struct AuditTail: Sendable {
    /// How far back a last line is looked for: more than any event has.
    static let countMax = 1 << 20

    /// All bytes of the file.
    var size: Int
    /// Bytes behind the last line feed: of a line that wasn't written whole.
    var tornCount = 0
    /// The last whole line; `nil` where that is no event of a chain.
    var last: AuditLine?
}

extension AuditTail {
    /// The end of a file of `size` bytes whose last ones are `bytes`.
    init(size: Int, bytes: [UInt8]) {
        self.size = size
        guard let end = bytes.lastIndex(of: 0x0a) else {
            tornCount = size
            return
        }
        tornCount = bytes.count - end - 1
        let before = bytes[..<end]
        let start = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        last = AuditLine(Array(before[start...]))
    }
}
