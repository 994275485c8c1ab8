public import Encoding

/// A signature that others are chained to: those of the chunks of the request's body.
///
/// Few requests have one, and those without have room for a reference alone.
public final class SigV4Seed: Sendable {
    /// The signature of the head, 32 bytes.
    public let signature: [UInt8]
    /// The id of the credential that signed.
    public let accessKeyID: String
    /// Day, region and service.
    public let scope: SigV4Scope
    /// The time of signing.
    public let time: Timestamp

    init(signature: [UInt8], accessKeyID: String, scope: SigV4Scope, time: Timestamp) {
        self.signature = signature
        self.accessKeyID = accessKeyID
        self.scope = scope
        self.time = time
    }

    /// The signature of a head.
    convenience init(_ authorization: SigV4Authorization) {
        self.init(
            signature: authorization.signature,
            accessKeyID: authorization.accessKeyID,
            scope: authorization.scope,
            time: authorization.time
        )
    }
}

extension SigV4Seed: Equatable {
    /// Whether both have the same parts.
    public static func == (left: SigV4Seed, right: SigV4Seed) -> Bool {
        left.signature == right.signature && left.accessKeyID == right.accessKeyID
            && left.scope == right.scope && left.time == right.time
    }
}

/// Who sent a request, proven by its signature; only `SigV4Verifier` and
/// `SignatureV2` make one.
public struct SigV4Identity: Equatable, Sendable {
    /// The id of the credential that signed.
    public let accessKeyID: String
    /// Where the signature stood.
    public let placement: SigV4Authorization.Placement
    /// The token of temporary credentials, signed, but for the caller to check; else `nil`.
    public let sessionToken: String?
    /// What the body must be; the caller checks it while the body arrives.
    public let payload: SigV4Payload
    /// The time of signing; `nil` of a signature of version 2.
    public let signedAt: Timestamp?
    /// What the body's chunks are chained to, where `payload.isChunkSigned`.
    let seed: SigV4Seed?

    /// Whether the signature is one of version 4.
    public var isVersion4: Bool { signedAt != nil }

    init(
        accessKeyID: String,
        placement: SigV4Authorization.Placement,
        sessionToken: String?,
        payload: SigV4Payload,
        signedAt: Timestamp?,
        seed: SigV4Seed?
    ) {
        self.accessKeyID = accessKeyID
        self.placement = placement
        self.sessionToken = sessionToken
        self.payload = payload
        self.signedAt = signedAt
        self.seed = seed
    }
}
