internal import COpenSSL

/// HKDF with SHA-384, RFC 5869, over OpenSSL's HMAC.
///
/// OpenSSL's own HKDF looks its digest up by name at every call, which costs three times the
/// derivation of a stream's keys.
public enum HKDF {
    private static let digestCount = HashFunction.sha384.digestCount

    /// HKDF-Extract, RFC 5869 section 2.2.
    ///
    /// - Parameters:
    ///   - salt: not secret, 1 byte or more.
    ///   - secret: the input keying material.
    /// - Returns: a key of 48 bytes.
    /// - Throws: `.lengthInvalid` for an empty salt, `.libraryFailure`, `.secretMemoryExhausted`.
    public static func extract(
        salt: [UInt8],
        secret: borrowing SecretBytes
    ) throws(CryptoError) -> SecretBytes {
        guard !salt.isEmpty else { throw .lengthInvalid }
        var hmac = try HMAC(.sha384, key: salt.span)
        hmac.update(secret.span)
        return try unsafe SecretBytes(count: digestCount) { output throws(CryptoError) in
            guard let address = unsafe output.bindMemory(to: UInt8.self).baseAddress else { return }
            unsafe hmac.finish(into: address)
        }
    }

    /// HKDF-Expand, RFC 5869 section 2.3: `count` bytes, 1...12,240.
    ///
    /// - Throws: `.libraryFailure`, `.lengthInvalid`, `.secretMemoryExhausted`.
    public static func expand(
        _ key: borrowing SecretBytes,
        info: [UInt8],
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        var expander = try Expander(key)
        return try expander.expand(info: info, count: count)
    }

    /// HKDF-Expand of one key for many infos: the key is taken in once.
    ///
    /// Keeps what is as good as the key, in memory of OpenSSL's that is cleansed with it.
    public struct Expander: ~Copyable {
        private var hmac: HMAC

        /// An expander of a key.
        ///
        /// - Throws: `.libraryFailure`.
        public init(_ key: borrowing SecretBytes) throws(CryptoError) {
            hmac = try HMAC(.sha384, key: key.span)
        }

        /// `count` bytes, 1...12,240, for an info.
        ///
        /// - Throws: `.lengthInvalid`, `.secretMemoryExhausted`.
        public mutating func expand(info: [UInt8], count: Int) throws(CryptoError) -> SecretBytes {
            guard (1...255 * digestCount).contains(count) else { throw .lengthInvalid }
            return try unsafe SecretBytes(count: count) { output throws(CryptoError) in
                unsafe fill(output, &hmac, info)
            }
        }
    }

    /// T(1) ‖ T(2) ‖ …, T(i) = HMAC(key, T(i-1) ‖ info ‖ i).
    private static func fill(
        _ output: UnsafeMutableRawBufferPointer,
        _ hmac: inout HMAC,
        _ info: [UInt8]
    ) {
        var block = InlineArray<48, UInt8>(repeating: 0)
        var offset = 0
        var number: UInt8 = 0
        while offset < output.count {
            number += 1
            if offset > 0 { hmac.update(block.span) }
            hmac.update(info.span)
            let counter = InlineArray<1, UInt8>(repeating: number)
            hmac.update(counter.span)
            let taken = min(digestCount, output.count - offset)
            var span = block.mutableSpan
            unsafe span.withUnsafeMutableBufferPointer { block in
                guard let address = block.baseAddress else { return }
                unsafe hmac.finish(into: address)
                let piece = unsafe UnsafeRawBufferPointer(start: address, count: taken)
                unsafe UnsafeMutableRawBufferPointer(rebasing: output[offset..<(offset + taken)])
                    .copyMemory(from: piece)
            }
            offset += taken
        }
        var span = block.mutableSpan
        unsafe span.withUnsafeMutableBufferPointer {
            unsafe OPENSSL_cleanse($0.baseAddress, $0.count)
        }
    }
}

extension StaticString {
    /// The text as C has it: it ends with a zero and lives as long as the process.
    var cString: UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
