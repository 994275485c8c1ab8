public import Crypto
public import Encoding
public import HTTPWire

/// Signs requests by AWS Signature Version 4, with one credential for one region and service.
///
/// It reuses its buffers and keeps the day's signing key: one for each event loop.
public final class SigV4Signer {
    /// The id of the credential.
    public let accessKeyID: String
    /// The region signed for.
    public let region: String
    /// The service signed for.
    public let service: String
    /// The token of temporary credentials, `nil` where there is none.
    public let sessionToken: String?

    private let secret: SecretBytes
    private let keys = SigningKeyCache(countMax: 2)
    private var canonical = CanonicalRequest()
    private var stringToSign: [UInt8] = []

    /// A signer.
    ///
    /// - Parameters:
    ///   - accessKeyID: the id of the credential.
    ///   - secret: its secret access key.
    ///   - region: the region in the scope.
    ///   - service: the service in the scope.
    ///   - sessionToken: the token of temporary credentials.
    public init(
        accessKeyID: String,
        secret: consuming SecretBytes,
        region: String,
        service: String = "s3",
        sessionToken: String? = nil
    ) {
        self.accessKeyID = accessKeyID
        self.secret = secret
        self.region = region
        self.service = service
        self.sessionToken = sessionToken
    }

    /// Signs a request in its Authorization header.
    ///
    /// Sets `host`, `x-amz-date`, `x-amz-content-sha256`, `x-amz-security-token` where there is a
    /// token, and `authorization`. Every field is signed but those that the transport owns
    /// (`content-length`, `transfer-encoding`, `connection` and the like) and `user-agent`.
    ///
    /// - Parameters:
    ///   - head: the request's head; its target must be percent-encoded.
    ///   - payload: what to say of the body.
    ///   - now: the time of signing.
    /// - Returns: what signed chunks are chained to.
    /// - Throws: `.targetMalformed`, `.cryptoFailed`.
    @discardableResult
    public func sign(
        _ head: inout HTTPRequestHead,
        payload: SigV4Payload,
        now: Timestamp
    ) throws(SigV4Error) -> SigV4Seed {
        let scope = scope(at: now)
        let payloadText = payload.headerValue
        head.fields.removeAll("authorization")
        head.fields.set("host", head.authority)
        head.fields.set("x-amz-date", now.basicISO8601)
        head.fields.set("x-amz-content-sha256", payloadText)
        if let sessionToken { head.fields.set("x-amz-security-token", sessionToken) }
        let names = Self.signedHeaders(of: head.fields)
        let signature = try signature(head, names, Array(payloadText.utf8), scope, now)
        var value = "AWS4-HMAC-SHA256 Credential=\(accessKeyID)/\(scope.text),SignedHeaders="
        value += String(decoding: names, as: UTF8.self)
        value += ",Signature=" + Hex.encode(signature)
        head.fields.append("authorization", value)
        return seed(signature, scope, now)
    }

    /// Signs a request in its query.
    ///
    /// - Parameters:
    ///   - head: the request's head; its fields, and `host`, must be sent as they are here.
    ///   - expiresSeconds: for how long the URL lives, 1...604,800.
    ///   - now: the time of signing.
    /// - Returns: the target with the signature in its query.
    /// - Throws: `.expiryOutOfRange`, `.targetMalformed`, `.cryptoFailed`.
    public func presign(
        _ head: HTTPRequestHead,
        expiresSeconds: Int,
        now: Timestamp
    ) throws(SigV4Error) -> String {
        guard (1...SigV4Authorization.expiresSecondsMax).contains(expiresSeconds) else {
            throw .expiryOutOfRange
        }
        let scope = scope(at: now)
        var head = head
        head.fields.removeAll("authorization")
        head.fields.set("host", head.authority)
        let names = Self.signedHeaders(of: head.fields)
        head.target += head.target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
        head.target += "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
        head.target += PercentEncoding.encode("\(accessKeyID)/\(scope.text)")
        head.target += "&X-Amz-Date=\(now.basicISO8601)&X-Amz-Expires=\(expiresSeconds)"
        if let sessionToken {
            head.target += "&X-Amz-Security-Token=" + PercentEncoding.encode(sessionToken)
        }
        head.target += "&X-Amz-SignedHeaders=" + PercentEncoding.encode(names)
        var payloadText = Array(SigV4Payload.unsigned.headerValue.utf8)
        if let given = head.fields["x-amz-content-sha256"] { payloadText = Array(given.utf8) }
        let signature = try signature(head, names, payloadText, scope, now)
        return head.target + "&X-Amz-Signature=" + Hex.encode(signature)
    }

    /// A signer for the chunks of a body whose head was signed here.
    ///
    /// - Parameter seed: what `sign` returned.
    /// - Returns: a signer that has seen no chunk.
    /// - Throws: `.cryptoFailed`.
    public func chunkSigner(for seed: SigV4Seed) throws(SigV4Error) -> ChunkSigner {
        ChunkSigner(chain: try key(seed.scope).chain(from: seed))
    }

    private func key(_ scope: SigV4Scope) throws(SigV4Error) -> SigningKey {
        try secret.withSpan { secret throws(SigV4Error) in
            try keys.key(accessKeyID, scope, secret: secret)
        }
    }

    private func scope(at now: Timestamp) -> SigV4Scope {
        SigV4Scope(date: String(now.basicISO8601.prefix(8)), region: region, service: service)
    }

    private func seed(_ signature: [UInt8], _ scope: SigV4Scope, _ now: Timestamp) -> SigV4Seed {
        SigV4Seed(signature: signature, accessKeyID: accessKeyID, scope: scope, time: now)
    }

    private func signature(
        _ head: HTTPRequestHead,
        _ names: [UInt8],
        _ payloadText: [UInt8],
        _ scope: SigV4Scope,
        _ now: Timestamp
    ) throws(SigV4Error) -> [UInt8] {
        let digest = try canonical.digest(head, signedHeaders: names[...], payload: payloadText)
        let code = try key(scope).signature(
            time: now,
            scope: scope,
            requestDigest: digest.span,
            buffer: &stringToSign
        )
        var signature: [UInt8] = []
        signature.append(code.span)
        return signature
    }

    // Others on the way may change these, or the transport writes them after signing.
    private static let unsignedNames: Set<String> = [
        "accept-encoding", "authorization", "connection", "content-length", "expect", "keep-alive",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "user-agent",
    ]

    private static func signedHeaders(of fields: HTTPFields) -> [UInt8] {
        var names: Set<String> = []
        for index in 0..<fields.count {
            let name = fields.name(at: index)
            if !unsignedNames.contains(name) { names.insert(name) }
        }
        return Array(names.sorted().joined(separator: ";").utf8)
    }
}
