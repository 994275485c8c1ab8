internal import CAESGCMProvider

/// One short message under a key of its own: nothing is kept, and nothing allocated but the result.
extension AESGCM {
    /// Seals a message: ciphertext, then tag.
    ///
    /// - Throws: `.lengthInvalid`, `.libraryFailure`.
    public static func seal(
        _ plaintext: Span<UInt8>,
        key: Span<UInt8>,
        nonce: Span<UInt8>,
        authenticating associated: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        var sealed = [UInt8](repeating: 0, count: plaintext.count + tagCount)
        var failure: CryptoError?
        unsafe sealed.withUnsafeMutableBytes { output in
            guard let address = output.baseAddress else { return }
            do throws(CryptoError) {
                try unsafe seal(plaintext, key, nonce, associated, into: address)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return sealed
    }

    /// Seals a message behind the bytes that are its associated data: ciphertext, then tag.
    ///
    /// - Throws: `.lengthInvalid`, `.libraryFailure`; what was appended is no ciphertext then.
    public static func append(
        sealing plaintext: Span<UInt8>,
        key: Span<UInt8>,
        nonce: Span<UInt8>,
        to bytes: inout [UInt8]
    ) throws(CryptoError) {
        let associatedCount = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: plaintext.count + tagCount))
        var failure: CryptoError?
        unsafe bytes.withUnsafeMutableBufferPointer { bytes in
            guard let address = bytes.baseAddress else { return }
            let associated = unsafe UnsafeBufferPointer(start: address, count: associatedCount)
            do throws(CryptoError) {
                try unsafe seal(
                    plaintext,
                    key,
                    nonce,
                    associated.span,
                    into: UnsafeMutableRawPointer(address + associatedCount)
                )
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Opens a message that isn't secret by itself.
    ///
    /// - Throws: `.authenticationFailed` (also for less than a tag), `.lengthInvalid`,
    ///   `.libraryFailure`.
    public static func open(
        _ sealed: Span<UInt8>,
        key: Span<UInt8>,
        nonce: Span<UInt8>,
        authenticating associated: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        let count = sealed.count - tagCount
        guard count >= 0 else { throw .authenticationFailed }
        var plaintext = [UInt8](repeating: 0, count: count)
        var failure: CryptoError?
        unsafe plaintext.withUnsafeMutableBytes { output in
            do throws(CryptoError) {
                try unsafe open(sealed, key, nonce, associated, into: output.baseAddress)
            } catch {
                failure = error
            }
        }
        if let failure {
            ConstantTime.wipe(&plaintext)
            throw failure
        }
        return plaintext
    }

    /// Opens a message that is a key.
    ///
    /// - Throws: `.authenticationFailed` (also for a tag alone), `.lengthInvalid`,
    ///   `.libraryFailure`, `.secretMemoryExhausted`.
    public static func openSecret(
        _ sealed: Span<UInt8>,
        key: Span<UInt8>,
        nonce: Span<UInt8>,
        authenticating associated: Span<UInt8>
    ) throws(CryptoError) -> SecretBytes {
        let count = sealed.count - tagCount
        guard count > 0 else { throw .authenticationFailed }
        return try unsafe SecretBytes(count: count) { output throws(CryptoError) in
            try unsafe open(sealed, key, nonce, associated, into: output.baseAddress)
        }
    }

    static func seal(
        _ plaintext: Span<UInt8>,
        _ key: Span<UInt8>,
        _ nonce: Span<UInt8>,
        _ associated: Span<UInt8>,
        into output: UnsafeMutableRawPointer,
        by implementation: Implementation = .current
    ) throws(CryptoError) {
        guard key.count == keyCount, nonce.count == nonceCount else { throw .lengthInvalid }
        guard implementation == .boringSSL else {
            let cipher = try AESGCM(key: key, .seal, by: implementation)
            try cipher.begin(nonce: nonce)
            try cipher.authenticate(associated)
            try unsafe cipher.update(plaintext, into: output)
            return try unsafe cipher.finishSealing(tag: output + plaintext.count)
        }
        guard
            unsafe runs(gcm_seal_message, plaintext, key, nonce, associated, into: output)
        else { throw .libraryFailure }
    }

    static func open(
        _ sealed: Span<UInt8>,
        _ key: Span<UInt8>,
        _ nonce: Span<UInt8>,
        _ associated: Span<UInt8>,
        into output: UnsafeMutableRawPointer?,
        by implementation: Implementation = .current
    ) throws(CryptoError) {
        guard key.count == keyCount, nonce.count == nonceCount else { throw .lengthInvalid }
        guard implementation == .boringSSL else {
            let cipher = try AESGCM(key: key, .open, by: implementation)
            try cipher.begin(nonce: nonce)
            try cipher.authenticate(associated)
            if let output = unsafe output {
                try unsafe cipher.update(sealed.extracting(droppingLast: tagCount), into: output)
            }
            return try cipher.finishOpening(tag: sealed.extracting(last: tagCount))
        }
        guard unsafe runs(gcm_open_message, sealed, key, nonce, associated, into: output)
        else { throw .authenticationFailed }
    }

    private typealias Run = (
        UnsafePointer<UInt8>?, UnsafePointer<UInt8>?, UnsafePointer<UInt8>?, Int,
        UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?
    ) -> CInt

    private static func runs(
        _ run: Run,
        _ input: Span<UInt8>,
        _ key: Span<UInt8>,
        _ nonce: Span<UInt8>,
        _ associated: Span<UInt8>,
        into output: UnsafeMutableRawPointer?
    ) -> Bool {
        unsafe key.withUnsafeBufferPointer { key in
            unsafe nonce.withUnsafeBufferPointer { nonce in
                unsafe associated.withUnsafeBufferPointer { associated in
                    unsafe input.withUnsafeBufferPointer { input in
                        unsafe run(
                            key.baseAddress,
                            nonce.baseAddress,
                            associated.baseAddress,
                            associated.count,
                            input.baseAddress,
                            input.count,
                            output?.assumingMemoryBound(to: UInt8.self)
                        ) == 1
                    }
                }
            }
        }
    }
}
