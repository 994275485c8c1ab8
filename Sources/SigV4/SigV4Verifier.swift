internal import Crypto
public import Encoding
public import HTTPWire

/// Verifies AWS Signature Version 4 of requests to one service.
///
/// It reuses its buffers and keeps signing keys: one for each event loop.
///
/// Source: Amazon S3 API Reference, "Authenticating Requests (AWS Signature Version 4)".
public final class SigV4Verifier {
    /// How far the client's clock may be from ours, in milliseconds: 15 minutes.
    public static let skewMillisecondsMax: Int64 = 900_000

    /// The regions whose signatures are taken; the first is told to clients that use another.
    public let regions: [String]
    /// The service whose signatures are taken.
    public let service: String
    /// The signing keys derived so far.
    public let keys: SigningKeyCache

    private var canonical = CanonicalRequest()
    private var stringToSign: [UInt8] = []

    /// A verifier for one service.
    ///
    /// - Parameters:
    ///   - regions: the regions to take, the preferred first; none means any region.
    ///   - service: the service's name in the scope.
    ///   - keyCountMax: how many signing keys are kept, at most.
    public init(regions: [String], service: String = "s3", keyCountMax: Int = 256) {
        self.regions = regions
        self.service = service
        keys = SigningKeyCache(countMax: keyCountMax)
    }

    /// Verifies a request's signature, all but its body.
    ///
    /// - Parameters:
    ///   - authorization: what `SigV4Authorization.parse` read from this head.
    ///   - head: the head as received.
    ///   - secret: the secret access key of the credential named.
    ///   - now: the time of arrival.
    /// - Returns: who signed, and what the body must be.
    /// - Throws: `.serviceMismatch`, `.regionMismatch`, `.requestTimeTooSkewed`,
    ///   `.requestNotYetValid`, `.requestExpired`, `.targetMalformed`, `.signedHeaderMissing`,
    ///   `.signatureMismatch`, `.cryptoFailed`; in this order.
    public func verify(
        _ authorization: SigV4Authorization,
        head: HTTPRequestHead,
        secret: Span<UInt8>,
        now: Timestamp
    ) throws(SigV4Error) -> SigV4Identity {
        try checkScope(authorization.scope, authorization.placement)
        try checkTime(authorization, now)
        let digest = try canonical.digest(
            head,
            signedHeaders: authorization.signedHeaders[...],
            payload: authorization.payloadText
        )
        let key = try keys.key(authorization.accessKeyID, authorization.scope, secret: secret)
        let expected = try key.signature(
            time: authorization.time,
            scope: authorization.scope,
            requestDigest: digest.span,
            buffer: &stringToSign
        )
        guard ConstantTime.equal(expected.span, authorization.signature.span) else {
            throw .signatureMismatch
        }
        return SigV4Identity(
            accessKeyID: authorization.accessKeyID,
            placement: authorization.placement,
            sessionToken: authorization.sessionToken,
            payload: authorization.payload,
            signedAt: authorization.time,
            seed: authorization.payload.isChunkSigned ? SigV4Seed(authorization) : nil
        )
    }

    /// A verifier for the chunks of a verified request's body.
    ///
    /// - Parameters:
    ///   - identity: what `verify` returned; its `payload.isChunkSigned`.
    ///   - secret: the same secret access key.
    /// - Returns: a verifier that has seen no chunk.
    /// - Throws: `.cryptoFailed`, `.payloadModeUnsupported` where chunks aren't signed.
    public func chunkVerifier(
        for identity: SigV4Identity,
        secret: Span<UInt8>
    ) throws(SigV4Error) -> ChunkSignatureVerifier {
        guard identity.payload.isChunkSigned, let seed = identity.seed else {
            throw .payloadModeUnsupported
        }
        let key = try keys.key(identity.accessKeyID, seed.scope, secret: secret)
        return ChunkSignatureVerifier(
            chain: try key.chain(from: seed),
            trailersSigned: identity.payload == .streamingSignedTrailer
        )
    }

    func checkScope(
        _ scope: SigV4Scope,
        _ placement: SigV4Authorization.Placement
    ) throws(SigV4Error) {
        guard scope.service == service else {
            throw .serviceMismatch(placement, given: scope.service)
        }
        guard let preferred = regions.first, !regions.contains(scope.region) else { return }
        throw .regionMismatch(placement, given: scope.region, expected: preferred)
    }

    private func checkTime(
        _ authorization: SigV4Authorization,
        _ now: Timestamp
    ) throws(SigV4Error) {
        let time = authorization.time
        // Years end at 9999, so the difference can't overflow unless our own clock is absurd.
        let ahead = time.milliseconds.subtractingReportingOverflow(now.milliseconds)
        guard !ahead.overflow else {
            throw .requestTimeTooSkewed(requestTime: time, serverTime: now)
        }
        guard let expiresSeconds = authorization.expiresSeconds else {
            guard ahead.partialValue.magnitude <= Self.skewMillisecondsMax.magnitude else {
                throw .requestTimeTooSkewed(requestTime: time, serverTime: now)
            }
            return
        }
        guard ahead.partialValue <= Self.skewMillisecondsMax else {
            throw .requestNotYetValid(requestTime: time, serverTime: now)
        }
        let expires = Timestamp(milliseconds: time.milliseconds + Int64(expiresSeconds) * 1000)
        guard now <= expires else {
            throw .requestExpired(
                expires: expires,
                serverTime: now,
                expiresSeconds: expiresSeconds
            )
        }
    }
}
