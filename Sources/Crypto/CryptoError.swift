/// What a cryptographic operation may fail with.
public enum CryptoError: Error, Equatable, Sendable {
    /// Tag, key, nonce or bytes differ: not told apart on purpose.
    case authenticationFailed
    /// The library refused an operation that its arguments allow: out of memory or misconfigured.
    case libraryFailure
    /// An argument has a length that the operation doesn't take.
    case lengthInvalid
    /// The random number generator isn't seeded.
    case randomUnavailable
    /// The locked heap for secrets is full.
    case secretMemoryExhausted
}
