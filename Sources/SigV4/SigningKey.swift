internal import Crypto
internal import Encoding

/// A key that signs for one scope, with the secret that it was derived from.
final class SigningKey {
    /// The key, 32 bytes.
    private let bytes: SecretBytes

    private let secret: SecretBytes
    // Keyed once, for many signatures.
    private let authenticator: MessageAuthenticator

    init(scope: SigV4Scope, secret: Span<UInt8>) throws(CryptoError) {
        self.secret = try SecretBytes(copying: secret)
        let bytes = try Self.derive(scope, secret)
        authenticator = try bytes.withSpan { key throws(CryptoError) in
            try MessageAuthenticator(key: key)
        }
        self.bytes = bytes
    }

    /// Whether the key is one of that secret, in time that depends on the length alone.
    func isDerived(from secret: Span<UInt8>) -> Bool {
        self.secret.withSpan { ConstantTime.equal($0, secret) }
    }

    /// A chain of signatures under this key.
    func chain(from seed: SigV4Seed) throws(SigV4Error) -> ChunkSignatureChain {
        try bytes.withSpan { key throws(SigV4Error) in
            try ChunkSignatureChain(seed: seed, signingKey: key)
        }
    }

    /// The signature of a request, 32 bytes.
    ///
    /// - Throws: `.cryptoFailed`.
    func signature(
        time: Timestamp,
        scope: SigV4Scope,
        requestDigest: Span<UInt8>,
        buffer: inout [UInt8]
    ) throws(SigV4Error) -> InlineArray<32, UInt8> {
        buffer.removeAll(keepingCapacity: true)
        buffer.append(contentsOf: "AWS4-HMAC-SHA256\n".utf8)
        time.appendBasicISO8601(to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        scope.append(to: &buffer)
        buffer.append(UInt8(ascii: "\n"))
        Hex.append(requestDigest, to: &buffer)
        return try signature(of: buffer.span)
    }

    /// The signature of a text, 32 bytes.
    ///
    /// - Throws: `.cryptoFailed`.
    func signature(of text: Span<UInt8>) throws(SigV4Error) -> InlineArray<32, UInt8> {
        do { return try authenticator.code(of: text) } catch { throw .cryptoFailed(error) }
    }

    private static func derive(
        _ scope: SigV4Scope,
        _ secret: Span<UInt8>
    ) throws(CryptoError) -> SecretBytes {
        var key: [UInt8] = []
        key.reserveCapacity(4 + secret.count)
        defer { ConstantTime.wipe(&key) }
        key.append(contentsOf: "AWS4".utf8)
        for index in secret.indices { key.append(secret[index]) }
        for part in [scope.date, scope.region, scope.service, "aws4_request"] {
            let next = try HMAC.code(.sha256, key: key.span, message: Array(part.utf8).span)
            ConstantTime.wipe(&key)
            key = next
        }
        return try SecretBytes(copying: key.span)
    }
}
