public import Crypto

/// The key, commitment and nonce prefix of one stream, derived from the object's own key.
///
/// `key 32 ‖ commitment 32 ‖ prefix 7 = Expand(OEK, "sgw/v1/stream\0" ‖ header[0..<64], 71)`.
public struct StreamKeys: ~Copyable, Sendable {
    private static let label = Array("sgw/v1/stream\0".utf8)

    /// Names the key without telling it.
    public let commitment: Commitment

    private let derived: SecretBytes
    /// The nonce of no segment yet: prefix, then zeros.
    let nonce: InlineArray<12, UInt8>

    /// Derives the keys of a stream.
    ///
    /// - Parameters:
    ///   - objectKey: OEK, 32 bytes.
    ///   - facts: what the header says; another fact gives other keys.
    /// - Throws: `.lengthInvalid` for a key that isn't 32 bytes, `.crypto`.
    public init(
        objectKey: borrowing SecretBytes,
        facts: StreamFacts
    ) throws(SealedObjectError) {
        guard objectKey.count == SealedFormat.keyCount else { throw .lengthInvalid }
        do throws(CryptoError) {
            var info = HKDF.Info(label: Self.label)
            facts.value.append(to: &info)
            let derived = try HKDF.expand(objectKey, info: info.span, count: 71)
            commitment = Commitment(derived, 32..<64)
            nonce = Self.nonce(derived)
            self.derived = derived
        } catch {
            throw .crypto(error)
        }
    }

    private static func nonce(_ derived: borrowing SecretBytes) -> InlineArray<12, UInt8> {
        var nonce = InlineArray<12, UInt8>(repeating: 0)
        let bytes = derived.span
        for index in 0..<7 { nonce[index] = bytes[64 + index] }
        return nonce
    }

    /// AES-GCM under the stream's key.
    ///
    /// - Throws: `.libraryFailure`.
    borrowing func cipher(_ direction: AESGCM.Direction) throws(CryptoError) -> AESGCM {
        try AESGCM(key: derived.span.extracting(0..<32), direction)
    }

    /// Nothing where the keys are those that an envelope commits to; compared in constant time.
    ///
    /// - Throws: `.commitmentMismatch`.
    public borrowing func verify(commitment: Commitment) throws(SealedObjectError) {
        guard commitment.isEqual(to: self.commitment) else { throw .commitmentMismatch }
    }

    /// `nonce(i) = prefix ‖ (i is the last ? 1 : 0) ‖ u32 i`, written over the last nonce.
    static func setNonce(_ nonce: inout InlineArray<12, UInt8>, segment: Int, isLast: Bool) {
        nonce[7] = isLast ? 1 : 0
        nonce[8] = UInt8(truncatingIfNeeded: segment >> 24)
        nonce[9] = UInt8(truncatingIfNeeded: segment >> 16)
        nonce[10] = UInt8(truncatingIfNeeded: segment >> 8)
        nonce[11] = UInt8(truncatingIfNeeded: segment)
    }
}
