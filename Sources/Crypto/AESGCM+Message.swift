extension AESGCM {
    /// Seals one short message: ciphertext, then tag.
    ///
    /// - Throws: `.lengthInvalid`, `.libraryFailure`.
    public func seal(
        _ plaintext: Span<UInt8>,
        nonce: Span<UInt8>,
        authenticating associated: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        try begin(nonce: nonce)
        try authenticate(associated)
        var sealed = [UInt8](repeating: 0, count: plaintext.count + Self.tagCount)
        var failure: CryptoError?
        unsafe sealed.withUnsafeMutableBytes { output in
            guard let address = output.baseAddress else { return }
            do throws(CryptoError) {
                try unsafe update(plaintext, into: address)
                try unsafe finishSealing(tag: address + plaintext.count)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return sealed
    }

    /// Opens one short message that isn't secret by itself.
    ///
    /// - Throws: `.authenticationFailed` (also for less than a tag), `.libraryFailure`.
    public func open(
        _ sealed: Span<UInt8>,
        nonce: Span<UInt8>,
        authenticating associated: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        let count = sealed.count - Self.tagCount
        guard count >= 0 else { throw .authenticationFailed }
        guard count > 0 else {
            try begin(nonce: nonce)
            try authenticate(associated)
            try finishOpening(tag: sealed)
            return []
        }
        var plaintext = [UInt8](repeating: 0, count: count)
        var failure: CryptoError?
        unsafe plaintext.withUnsafeMutableBytes { output in
            do throws(CryptoError) {
                try unsafe open(sealed, nonce, associated, into: output)
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

    /// Opens one short message that is a key.
    ///
    /// - Throws: `.authenticationFailed` (also for a tag alone), `.libraryFailure`,
    ///   `.secretMemoryExhausted`.
    public func openSecret(
        _ sealed: Span<UInt8>,
        nonce: Span<UInt8>,
        authenticating associated: Span<UInt8>
    ) throws(CryptoError) -> SecretBytes {
        let count = sealed.count - Self.tagCount
        guard count > 0 else { throw .authenticationFailed }
        return try unsafe SecretBytes(count: count) { output throws(CryptoError) in
            try unsafe open(sealed, nonce, associated, into: output)
        }
    }

    private func open(
        _ sealed: Span<UInt8>,
        _ nonce: Span<UInt8>,
        _ associated: Span<UInt8>,
        into output: UnsafeMutableRawBufferPointer
    ) throws(CryptoError) {
        guard let address = output.baseAddress else { throw .lengthInvalid }
        try begin(nonce: nonce)
        try authenticate(associated)
        try unsafe update(sealed.extracting(first: output.count), into: address)
        try finishOpening(tag: sealed.extracting(last: Self.tagCount))
    }
}
