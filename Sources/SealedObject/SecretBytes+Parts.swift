internal import Crypto
internal import Encoding

extension SecretBytes {
    /// A copy of bytes that were derived with a key and are no secret themselves: a commitment, a
    /// key check, a nonce's prefix.
    borrowing func published(_ range: Range<Int>) -> [UInt8] {
        var copy: [UInt8] = []
        copy.append(span.extracting(range))
        return copy
    }

    /// A second, equal secret.
    borrowing func cloned() throws(SealedObjectError) -> SecretBytes {
        do { return try clone() } catch { throw .crypto(error) }
    }
}
