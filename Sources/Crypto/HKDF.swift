internal import CHashing
internal import COpenSSL

/// HKDF with SHA-384, RFC 5869.
///
/// OpenSSL's own HKDF looks its digest up by name at every call, which costs three times the
/// derivation of a stream's keys, and HMAC by name twice.
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

    // As much as a block of SHA-384: a longer key would be hashed first (RFC 2104 section 2).
    private static let keyCountMax = 128

    /// HKDF-Expand, RFC 5869 section 2.3: `count` bytes, 1...12,240.
    ///
    /// - Throws: `.libraryFailure`, `.lengthInvalid`, `.secretMemoryExhausted`.
    public static func expand(
        _ key: borrowing SecretBytes,
        info: Span<UInt8>,
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        guard HashFunction.isDirect, key.count <= keyCountMax else {
            return try expandByName(key, info: info, count: count)
        }
        return try unsafe output(count) { output in
            unsafe key.span.withUnsafeBufferPointer { key in
                unsafe info.withUnsafeBufferPointer { info in
                    unsafe sealgate_hkdf_sha384_once(
                        key.baseAddress,
                        key.count,
                        info.baseAddress,
                        info.count,
                        output.baseAddress,
                        output.count
                    )
                }
            }
        }
    }

    /// HKDF-Expand of one key for many infos: the key is taken in once, which is half of what a
    /// short output costs.
    public final class Expander: Sendable {
        /// The length of the key in bytes.
        public let keyCount: Int
        /// What the key became, or the key itself where algorithms come by name.
        private let keyed: SecretBytes

        /// An expander of a key of 1 to 128 bytes.
        ///
        /// - Throws: `.lengthInvalid`, `.secretMemoryExhausted`.
        public init(_ key: borrowing SecretBytes) throws(CryptoError) {
            guard key.count <= keyCountMax else { throw .lengthInvalid }
            keyCount = key.count
            guard HashFunction.isDirect else {
                keyed = try key.clone()
                return
            }
            let count = Int(SEALGATE_HKDF_KEYED_BYTES)
            keyed = try unsafe SecretBytes(count: count) { keyed throws(CryptoError) in
                unsafe key.span.withUnsafeBufferPointer { key in
                    unsafe sealgate_hkdf_sha384_begin(keyed.baseAddress, key.baseAddress, key.count)
                }
            }
        }

        /// `count` bytes, 1...12,240, for an info.
        ///
        /// - Throws: `.libraryFailure`, `.lengthInvalid`, `.secretMemoryExhausted`.
        public func expand(info: Span<UInt8>, count: Int) throws(CryptoError) -> SecretBytes {
            try Self.expand(keyed, info, count)
        }

        private static func expand(
            _ keyed: borrowing SecretBytes,
            _ info: Span<UInt8>,
            _ count: Int
        ) throws(CryptoError) -> SecretBytes {
            guard HashFunction.isDirect else {
                return try expandByName(keyed, info: info, count: count)
            }
            return try unsafe output(count) { output in
                unsafe keyed.span.withUnsafeBufferPointer { keyed in
                    unsafe info.withUnsafeBufferPointer { info in
                        unsafe sealgate_hkdf_sha384_expand(
                            keyed.baseAddress,
                            info.baseAddress,
                            info.count,
                            output.baseAddress,
                            output.count
                        )
                    }
                }
            }
        }
    }

    /// HKDF-Expand over OpenSSL's HMAC, as its provider has it.
    ///
    /// - Throws: `.libraryFailure`, `.lengthInvalid`, `.secretMemoryExhausted`.
    static func expandByName(
        _ key: borrowing SecretBytes,
        info: Span<UInt8>,
        count: Int
    ) throws(CryptoError) -> SecretBytes {
        var hmac = try HMAC(.sha384, key: key.span)
        return try unsafe output(count) { output in
            unsafe fill(UnsafeMutableRawBufferPointer(output), &hmac, info)
        }
    }

    /// What HKDF-Expand gives: 1...12,240 bytes, which `fill` writes.
    private static func output(
        _ count: Int,
        _ fill: (UnsafeMutableBufferPointer<UInt8>) -> Void
    ) throws(CryptoError) -> SecretBytes {
        guard (1...255 * digestCount).contains(count) else { throw .lengthInvalid }
        return try unsafe SecretBytes(count: count) { output throws(CryptoError) in
            unsafe fill(output.bindMemory(to: UInt8.self))
        }
    }

    /// T(1) ‖ T(2) ‖ …, T(i) = HMAC(key, T(i-1) ‖ info ‖ i).
    private static func fill(
        _ output: UnsafeMutableRawBufferPointer,
        _ hmac: inout HMAC,
        _ info: Span<UInt8>
    ) {
        var block = InlineArray<48, UInt8>(repeating: 0)
        var offset = 0
        var number: UInt8 = 0
        while offset < output.count {
            number += 1
            if offset > 0 { hmac.update(block.span) }
            hmac.update(info)
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
