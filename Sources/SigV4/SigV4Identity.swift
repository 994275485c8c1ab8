public import Encoding

/// A signature that others are chained to: those of the chunks of the request's body.
public struct SigV4Seed: Equatable, Sendable {
    /// The signature of the head, 32 bytes.
    public let signature: [UInt8]
    /// The id of the credential that signed.
    public let accessKeyID: String
    /// Day, region and service.
    public let scope: SigV4Scope
    /// The time of signing.
    public let time: Timestamp
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
    /// What the body's chunks are chained to, where `payload.isChunkSigned`; `nil` of a signature
    /// of version 2.
    public let seed: SigV4Seed?
    /// Whether the signature is one of version 4.
    public let isVersion4: Bool

    init(
        accessKeyID: String,
        placement: SigV4Authorization.Placement,
        sessionToken: String?,
        payload: SigV4Payload,
        seed: SigV4Seed?
    ) {
        self.accessKeyID = accessKeyID
        self.placement = placement
        self.sessionToken = sessionToken
        self.payload = payload
        self.seed = seed
        isVersion4 = seed != nil
    }
}
