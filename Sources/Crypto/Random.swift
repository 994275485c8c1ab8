internal import COpenSSL

/// Random numbers that aren't secret: ids, salts.
public enum Random {
    /// `count` bytes of the system's random number generator.
    ///
    /// - Throws: `.randomUnavailable`.
    public static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let result = unsafe bytes.withUnsafeMutableBufferPointer {
            unsafe RAND_bytes($0.baseAddress, CInt($0.count))
        }
        guard result == 1 else { throw .randomUnavailable }
        return bytes
    }
}
