import Glibc

/// Reads whole small files.
enum SystemFile {
    /// Why a file can't be read.
    enum ReadError: Error, Equatable {
        case system(reason: String)
        case tooLong
        case unsafeMode(octal: String)
    }

    /// The bytes of a regular file of at most `bytesMax` bytes.
    ///
    /// Where `isSecret`, a file with rights for group or others (mode & 077) is refused.
    static func read(
        _ path: String,
        bytesMax: Int,
        isSecret: Bool = false
    ) throws(ReadError) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system(reason: reason(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { throw .system(reason: reason(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .system(reason: "not a file") }
        if isSecret, status.st_mode & 0o077 != 0 {
            throw .unsafeMode(octal: "0" + String(status.st_mode & 0o7777, radix: 8))
        }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
            }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw .system(reason: reason(errno))
            }
            bytes.append(contentsOf: chunk.prefix(count))
            if bytes.count > bytesMax { throw .tooLong }
        }
    }

    /// The system's words for an error number.
    static func reason(_ code: Int32) -> String {
        guard let text = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: text)
    }
}
