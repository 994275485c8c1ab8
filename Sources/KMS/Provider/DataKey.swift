public import Crypto
internal import Synchronization

/// A key in memory that several owners share: 32 bytes, wiped when the last owner lets go.
public final class DataKey: Sendable {
    /// The key.
    public let bytes: SecretBytes

    private let keptExpander = Mutex<HKDF.Expander?>(nil)

    /// A shared owner of `bytes`.
    public init(_ bytes: consuming SecretBytes) { self.bytes = bytes }

    /// The key as HKDF has taken it in, 128 bytes more, made at the first call; kept with the key
    /// as long as less than half of the heap for secrets is used.
    ///
    /// - Throws: `.secretMemoryExhausted`.
    public func expander() throws(CryptoError) -> HKDF.Expander {
        try keptExpander.withLock { kept throws(CryptoError) in
            if let kept { return kept }
            let made = try HKDF.Expander(bytes)
            if SecretHeap.isRoomy { kept = made }
            return made
        }
    }

    /// Whether the two are the same key, in time that depends on the length alone.
    public func isEqual(to other: DataKey) -> Bool { bytes.isEqual(to: other.bytes) }

    /// Lends the bytes for the time of a call, for what takes a span and not `SecretBytes`.
    ///
    /// - Throws: what `body` throws.
    public func withSpan<Value: ~Copyable, Failure>(
        _ body: (Span<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try bytes.withSpan(body)
    }
}

/// A fresh data key, in the clear and wrapped.
public struct GeneratedDataKey: Sendable {
    /// The key, 32 bytes.
    public var key: DataKey
    /// The key as the provider wrapped it, 1 to `wrappedCountMax` bytes, opaque.
    public var wrapped: [UInt8]
    /// The version of the KMS key that wrapped it.
    public var keyVersion: UInt32

    /// The longest wrapped key in bytes.
    public static let wrappedCountMax = 8192

    /// A data key from its parts.
    public init(key: DataKey, wrapped: [UInt8], keyVersion: UInt32) {
        self.key = key
        self.wrapped = wrapped
        self.keyVersion = keyVersion
    }
}
