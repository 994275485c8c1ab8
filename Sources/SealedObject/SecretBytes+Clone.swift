internal import Crypto

extension SecretBytes {
    /// A second, equal secret.
    borrowing func cloned() throws(SealedObjectError) -> SecretBytes {
        do { return try clone() } catch { throw .crypto(error) }
    }
}
