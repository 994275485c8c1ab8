internal import COpenSSL
internal import Glibc

/// Reads private keys from files that nobody but their owner may read.
enum TLSKeyFile {
    /// No PEM key comes near it.
    private static let countMax = 65_536

    /// The private key in the PEM file at `path`; the caller frees it.
    ///
    /// Mode and content are taken of one descriptor, so that no other file can come between, and
    /// the text is wiped after it was parsed.
    ///
    /// - Throws: `.keyUnreadable`, `.keyFileExposed`.
    static func read(_ path: String) throws(TLSError) -> OpaquePointer {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .keyUnreadable(path: path, reason: lastReason()) }
        defer { _ = close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .keyUnreadable(path: path, reason: lastReason())
        }
        let mode = status.st_mode & 0o7777
        guard mode & 0o077 == 0 else { throw .keyFileExposed(path: path, mode: mode) }
        var text = [UInt8](repeating: 0, count: countMax)
        defer {
            unsafe text.withUnsafeMutableBytes {
                unsafe OPENSSL_cleanse($0.baseAddress, $0.count)
            }
        }
        var count = 0
        while count < countMax {
            let room = countMax - count
            let got = unsafe text.withUnsafeMutableBytes {
                unsafe Glibc.read(descriptor, $0.baseAddress?.advanced(by: count), room)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .keyUnreadable(path: path, reason: lastReason()) }
            guard got > 0 else { break }
            count += got
        }
        return unsafe try parse(text, count, path)
    }

    private static func parse(
        _ text: borrowing [UInt8],
        _ count: Int,
        _ path: String
    ) throws(TLSError) -> OpaquePointer {
        OpenSSLErrorQueue.clear()
        let key: OpaquePointer? = unsafe text.withUnsafeBytes { bytes in
            guard let source = unsafe BIO_new_mem_buf(bytes.baseAddress, CInt(count)) else {
                return nil
            }
            defer { unsafe BIO_free(source) }
            return unsafe PEM_read_bio_PrivateKey(source, nil, { _, _, _, _ in -1 }, nil)
        }
        guard let key = unsafe key else {
            throw .keyUnreadable(path: path, reason: OpenSSLErrorQueue.drain())
        }
        return unsafe key
    }

    private static func lastReason() -> String { unsafe String(cString: strerror(errno)) }
}
