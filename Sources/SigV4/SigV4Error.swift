public import Crypto
public import Encoding

/// A part of a signature's description, as it stands in the header, the query or a form.
public enum SigV4Component: String, Hashable, Sendable {
    /// The algorithm: `X-Amz-Algorithm`.
    case algorithm
    /// Access key id and scope: `Credential`, `X-Amz-Credential`.
    case credential
    /// The time of the signature: `X-Amz-Date`.
    case date
    /// The seconds that a presigned URL lives: `X-Amz-Expires`.
    case expires
    /// A name that the Authorization header doesn't have.
    case other
    /// The hash of the body: `X-Amz-Content-Sha256`.
    case payloadHash
    /// The policy of a form, which is what is signed of it: `policy`.
    case policy
    /// The session token: `X-Amz-Security-Token`.
    case securityToken
    /// The signature: `Signature`, `X-Amz-Signature`.
    case signature
    /// The names of the headers that are signed: `SignedHeaders`, `X-Amz-SignedHeaders`.
    case signedHeaders
}

/// What a signature may be refused for; each case names the S3 error meant for it.
///
/// "Malformed" stands for 400 AuthorizationHeaderMalformed where the placement is the header, for
/// 400 AuthorizationQueryParametersError where it is the query, and for 400 InvalidArgument where
/// it is a form.
public enum SigV4Error: Error, Equatable, Sendable {
    /// `X-Amz-Algorithm` is unknown: 400 AuthorizationQueryParametersError.
    case algorithmUnsupported
    /// AWS4-ECDSA-P256-SHA256 (SigV4A): 501 NotImplemented.
    case asymmetricSignatureUnsupported
    /// Signatures in the header and the query: 400 InvalidArgument.
    case authorizationAmbiguous
    /// A scheme that isn't a signature, as `Bearer`: 400 InvalidArgument.
    case authorizationTypeUnsupported
    /// Data behind the last chunk or the trailers: 400 IncompleteBody.
    case chunkAfterEnd
    /// A chunk's or trailer's signature isn't 64 hexadecimal digits: 403 SignatureDoesNotMatch.
    case chunkSignatureMalformed
    /// A chunk isn't what was signed, or where it was: 403 SignatureDoesNotMatch.
    case chunkSignatureMismatch
    /// The body ended before its last chunk or its signed trailers: 400 IncompleteBody.
    case chunksIncomplete
    /// A component isn't in its form: malformed.
    case componentMalformed(SigV4Authorization.Placement, SigV4Component)
    /// A component isn't there: malformed.
    case componentMissing(SigV4Authorization.Placement, SigV4Component)
    /// A component is there twice: malformed.
    case componentRepeated(SigV4Authorization.Placement, SigV4Component)
    /// The scope's day isn't the day of the signature's time: malformed.
    case credentialDateMismatch(SigV4Authorization.Placement)
    /// The library for cryptography failed: 500 InternalError.
    case cryptoFailed(CryptoError)
    /// `x-amz-date` or `Date` is in no form known, or there twice: 403 AccessDenied.
    case dateMalformed
    /// Neither `x-amz-date` nor `Date` is there: 403 AccessDenied.
    case dateMissing
    /// `X-Amz-Expires` isn't 1...604800: 400 AuthorizationQueryParametersError.
    case expiryOutOfRange
    /// `x-amz-*` headers that are not signed, in lower case: 403 AccessDenied with
    /// `HeadersNotSigned`.
    case headersUnsigned([String])
    /// `host` isn't signed: malformed.
    case hostUnsigned(SigV4Authorization.Placement)
    /// `x-amz-content-sha256` is neither a mode nor 64 hexadecimal digits, or there twice: 400
    /// InvalidArgument.
    case payloadHashMalformed
    /// `x-amz-content-sha256` isn't there, and the signature is in the header: 400 InvalidRequest.
    case payloadHashMissing
    /// The payload is to be signed by SigV4A: 501 NotImplemented.
    case payloadModeUnsupported
    /// A query parameter that a signature of version 2 doesn't cover, and that may change what is
    /// asked for: 400 InvalidRequest, naming AWS4-HMAC-SHA256.
    case queryUnsigned(String)
    /// The scope is of a region that isn't ours: malformed, with `Region` = `expected`, by which
    /// SDKs try again.
    case regionMismatch(SigV4Authorization.Placement, given: String, expected: String)
    /// A presigned URL came too late: 403 AccessDenied with `Expires`, `ServerTime` and, of version
    /// 4, `X-Amz-Expires`.
    case requestExpired(expires: Timestamp, serverTime: Timestamp, expiresSeconds: Int?)
    /// A presigned URL or form came more than 15 minutes before its time: 403 AccessDenied.
    case requestNotYetValid(requestTime: Timestamp, serverTime: Timestamp)
    /// The clocks are more than 15 minutes apart: 403 RequestTimeTooSkewed with `RequestTime`,
    /// `ServerTime` and `MaxAllowedSkewMilliseconds`.
    case requestTimeTooSkewed(requestTime: Timestamp, serverTime: Timestamp)
    /// The scope is of another service: malformed.
    case serviceMismatch(SigV4Authorization.Placement, given: String)
    /// The request isn't what was signed, or the secret differs: 403 SignatureDoesNotMatch.
    case signatureMismatch
    /// A signature of version 2, where it isn't taken: 400 InvalidRequest, naming AWS4-HMAC-SHA256.
    case signatureVersion2Unsupported
    /// A header was signed and isn't there: 403 SignatureDoesNotMatch.
    case signedHeaderMissing(String)
    /// A `%` in the target isn't followed by two hexadecimal digits: 400 InvalidURI.
    case targetMalformed
    /// Trailers aren't what was signed: 403 SignatureDoesNotMatch.
    case trailerSignatureMismatch
}
