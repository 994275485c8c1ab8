import Crypto
import Encoding
import S3Wire
import SigV4
import Testing

@testable import Gateway

/// One fault of a signature and what it is answered.
struct SignatureFault: Sendable {
    var error: SigV4Error
    var code: S3ErrorCode
    var condition: String
    var remedy: String

    private static let time = TestKeys.now

    // One of each case; the compiler holds the mapping to be exhaustive.
    static let all: [SignatureFault] = [
        .init(
            error: .algorithmUnsupported,
            code: .authorizationQueryParametersError,
            condition: "X-Amz-Algorithm is another than AWS4-HMAC-SHA256",
            remedy: "sign with Signature Version 4"
        ),
        .init(
            error: .asymmetricSignatureUnsupported,
            code: .notImplemented,
            condition: "the signature is SigV4A",
            remedy: "sign with Signature Version 4"
        ),
        .init(
            error: .authorizationAmbiguous,
            code: .invalidArgument,
            condition: "signatures in the header and in the query",
            remedy: "send one of them"
        ),
        .init(
            error: .authorizationTypeUnsupported,
            code: .invalidArgument,
            condition: "the Authorization header is no signature",
            remedy: "sign with Signature Version 4"
        ),
        .init(
            error: .chunksIncomplete,
            code: .incompleteBody,
            condition: "a body in signed chunks ends early",
            remedy: "send it again"
        ),
        .init(
            error: .chunkAfterEnd,
            code: .incompleteBody,
            condition: "bytes follow the last chunk",
            remedy: "mend the client"
        ),
        .init(
            error: .chunkSignatureMismatch,
            code: .signatureDoesNotMatch,
            condition: "a chunk is not what was signed",
            remedy: "send it again; look at what changes bodies on the way"
        ),
        .init(
            error: .chunkSignatureMalformed,
            code: .signatureDoesNotMatch,
            condition: "a chunk's signature is not 64 hexadecimal digits",
            remedy: "mend the client"
        ),
        .init(
            error: .componentMalformed(.header, .credential),
            code: .authorizationHeaderMalformed,
            condition: "a part of the Authorization header is malformed",
            remedy: "mend the client"
        ),
        .init(
            error: .componentMissing(.form, .policy),
            code: .invalidArgument,
            condition: "a part of a form's signature is missing, malformed or there twice",
            remedy: "send the policy and the four x-amz- fields of its signature"
        ),
        .init(
            error: .componentMissing(.query, .signature),
            code: .authorizationQueryParametersError,
            condition: "a part of a presigned URL is missing",
            remedy: "presign anew"
        ),
        .init(
            error: .componentRepeated(.header, .signature),
            code: .authorizationHeaderMalformed,
            condition: "a part of the Authorization header is there twice",
            remedy: "mend the client"
        ),
        .init(
            error: .credentialDateMismatch(.header),
            code: .authorizationHeaderMalformed,
            condition: "the credential's day is not the request's",
            remedy: "set the client's clock"
        ),
        .init(
            error: .cryptoFailed(.libraryFailure),
            code: .internalError,
            condition: "OpenSSL failed",
            remedy: "see the log"
        ),
        .init(
            error: .dateMissing,
            code: .accessDenied,
            condition: "there is no date",
            remedy: "send x-amz-date"
        ),
        .init(
            error: .dateMalformed,
            code: .accessDenied,
            condition: "the date is in no form known",
            remedy: "send x-amz-date as YYYYMMDDTHHMMSSZ"
        ),
        .init(
            error: .expiryOutOfRange,
            code: .authorizationQueryParametersError,
            condition: "a presigned URL lives less than a second or more than 7 days",
            remedy: "presign for 1 to 604800 seconds"
        ),
        .init(
            error: .headersUnsigned(["x-amz-acl"]),
            code: .accessDenied,
            condition: "an x-amz- header is not signed",
            remedy: "sign every x-amz- header, those of SSE too"
        ),
        .init(
            error: .hostUnsigned(.header),
            code: .authorizationHeaderMalformed,
            condition: "the host is not signed",
            remedy: "sign it"
        ),
        .init(
            error: .payloadHashMalformed,
            code: .invalidArgument,
            condition: "x-amz-content-sha256 is no mode and no SHA-256",
            remedy: "send one that is named in the message"
        ),
        .init(
            error: .payloadHashMissing,
            code: .invalidRequest,
            condition: "x-amz-content-sha256 is missing",
            remedy: "send it, and sign it"
        ),
        .init(
            error: .payloadModeUnsupported,
            code: .notImplemented,
            condition: "the payload is to be signed by SigV4A",
            remedy: "use another mode"
        ),
        .init(
            error: .queryUnsigned("encryption"),
            code: .invalidRequest,
            condition: "version 2 doesn't cover a parameter of the query",
            remedy: "sign with Signature Version 4"
        ),
        .init(
            error: .regionMismatch(.header, given: "a", expected: "b"),
            code: .authorizationHeaderMalformed,
            condition: "the request is signed for another region",
            remedy: "use the region in the answer; see listen.regions"
        ),
        .init(
            error: .requestExpired(expires: time, serverTime: time, expiresSeconds: 1),
            code: .accessDenied,
            condition: "a presigned URL has expired",
            remedy: "presign anew"
        ),
        .init(
            error: .requestNotYetValid(requestTime: time, serverTime: time),
            code: .accessDenied,
            condition: "a presigned URL is of the future",
            remedy: "set the clock of who presigns"
        ),
        .init(
            error: .requestTimeTooSkewed(requestTime: time, serverTime: time),
            code: .requestTimeTooSkewed,
            condition: "the clocks are more than 15 minutes apart",
            remedy: "set the client's clock"
        ),
        .init(
            error: .serviceMismatch(.header, given: "x"),
            code: .authorizationHeaderMalformed,
            condition: "the request is signed for another service",
            remedy: "sign for s3"
        ),
        .init(
            error: .signatureMismatch,
            code: .signatureDoesNotMatch,
            condition: "the request is not what was signed, or the secret differs",
            remedy: "compare secret, path, query and headers"
        ),
        .init(
            error: .signatureVersion2Unsupported,
            code: .invalidRequest,
            condition: "the signature is of version 2, and listen.signature_version_2 is off",
            remedy: "sign with Signature Version 4"
        ),
        .init(
            error: .signedHeaderMissing("x"),
            code: .signatureDoesNotMatch,
            condition: "a signed header is not there",
            remedy: "look at what removes headers on the way"
        ),
        .init(
            error: .targetMalformed,
            code: .invalidURI,
            condition: "the path or query is not percent-encoded",
            remedy: "mend the client"
        ),
        .init(
            error: .trailerSignatureMismatch,
            code: .signatureDoesNotMatch,
            condition: "trailers are not what was signed",
            remedy: "send it again"
        ),
    ]
}

@Suite struct SignatureErrorTests {
    @Test("every fault of a signature has its answer")
    func answers() {
        for fault in SignatureFault.all {
            #expect(S3Error(fault.error).code == fault.code, "\(fault.error)")
        }
    }

    @Test("answers name what SDKs try again with, and never a signature")
    func details() {
        let region = S3Error(.regionMismatch(.header, given: "a", expected: "b"))
        #expect(region.detail("Region") == "b")
        let skewed = S3Error(
            .requestTimeTooSkewed(requestTime: TestKeys.now, serverTime: TestKeys.now)
        )
        #expect(skewed.detail("MaxAllowedSkewMilliseconds") == "900000")
        #expect(skewed.detail("RequestTime") == "20231114T221320Z")
        let expired = S3Error(
            .requestExpired(expires: TestKeys.now, serverTime: TestKeys.now, expiresSeconds: 5)
        )
        #expect(expired.detail("X-Amz-Expires") == "5")
        #expect(S3Error(.signatureMismatch).details == [])
        #expect(S3Error(.headersUnsigned(["a", "b"])).detail("HeadersNotSigned") == "a, b")
    }
}
