import Encoding
import S3Wire
import SigV4

extension S3Error {
    /// What a client is told of a signature that was refused (S3-wide texts that SDKs match).
    init(_ error: SigV4Error) {
        self =
            switch error {
            case .algorithmUnsupported, .expiryOutOfRange:
                S3Error(.authorizationQueryParametersError, Self.text(of: error))
            case .asymmetricSignatureUnsupported, .payloadModeUnsupported:
                S3Error(.notImplemented, "SigV4A signatures are not implemented")
            case .authorizationAmbiguous: Self.authorizationAmbiguous
            case .authorizationTypeUnsupported:
                .invalidArgument("Unsupported Authorization Type", name: "Authorization", value: "")
            case .chunkAfterEnd, .chunksIncomplete: S3Error(.incompleteBody)
            case .chunkSignatureMalformed, .chunkSignatureMismatch, .signatureMismatch,
                .signedHeaderMissing, .trailerSignatureMismatch:
                S3Error(.signatureDoesNotMatch)
            case .componentMalformed(let placement, _), .componentMissing(let placement, _),
                .componentRepeated(let placement, _), .credentialDateMismatch(let placement),
                .hostUnsigned(let placement), .serviceMismatch(let placement, _):
                S3Error(Self.malformed(placement), Self.text(of: error))
            case .cryptoFailed: S3Error(.internalError)
            case .dateMalformed, .dateMissing: Self.dateInvalid
            case .headersUnsigned(let names):
                S3Error(
                    .accessDenied,
                    "There were headers present in the request which were not signed",
                    details: [Detail("HeadersNotSigned", names.joined(separator: ", "))]
                )
            case .payloadHashMalformed: Self.payloadHashMalformed
            case .payloadHashMissing:
                S3Error(
                    .invalidRequest,
                    "Missing required header for this request: x-amz-content-sha256"
                )
            case .queryUnsigned(let name):
                S3Error(
                    .invalidRequest,
                    "Signature version 2 doesn't cover the parameter \(name). Please use "
                        + "AWS4-HMAC-SHA256."
                )
            case .regionMismatch(let placement, let given, let expected):
                Self.regionMismatch(placement, given, expected)
            case .requestExpired(let expires, let serverTime, let seconds):
                Self.expired(expires, serverTime, seconds)
            case .requestNotYetValid(_, let serverTime):
                S3Error(
                    .accessDenied,
                    "Request is not yet valid",
                    details: [Detail("ServerTime", serverTime.iso8601)]
                )
            case .requestTimeTooSkewed(let requestTime, let serverTime):
                Self.skewed(requestTime, serverTime)
            case .signatureVersion2Unsupported: Self.signatureVersion2Unsupported
            case .targetMalformed: S3Error(.invalidURI)
            }
    }

    private static let authorizationAmbiguous = S3Error.invalidArgument(
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature "
            + "query string parameter or the Authorization header should be specified",
        name: "Authorization",
        value: ""
    )

    private static let dateInvalid = S3Error(
        .accessDenied,
        "AWS authentication requires a valid Date or x-amz-date header"
    )

    private static let payloadHashMalformed = S3Error.invalidArgument(
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            + "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or "
            + "a valid sha256 value.",
        name: "x-amz-content-sha256",
        value: ""
    )

    private static let signatureVersion2Unsupported = S3Error(
        .invalidRequest,
        "The authorization mechanism you have provided is not supported. Please use "
            + "AWS4-HMAC-SHA256."
    )

    private static func regionMismatch(
        _ placement: SigV4Authorization.Placement,
        _ given: String,
        _ expected: String
    ) -> S3Error {
        S3Error(
            malformed(placement),
            "The authorization header is malformed; the region '\(given)' is wrong; expecting "
                + "'\(expected)'",
            details: [Detail("Region", expected)]
        )
    }

    private static func expired(
        _ expires: Timestamp,
        _ serverTime: Timestamp,
        _ seconds: Int?
    ) -> S3Error {
        S3Error(
            .accessDenied,
            "Request has expired",
            details: (seconds.map { [Detail("X-Amz-Expires", String($0))] } ?? []) + [
                Detail("Expires", expires.iso8601), Detail("ServerTime", serverTime.iso8601),
            ]
        )
    }

    private static func skewed(_ requestTime: Timestamp, _ serverTime: Timestamp) -> S3Error {
        S3Error(
            .requestTimeTooSkewed,
            details: [
                Detail("RequestTime", requestTime.basicISO8601),
                Detail("ServerTime", serverTime.iso8601),
                Detail("MaxAllowedSkewMilliseconds", String(SigV4Verifier.skewMillisecondsMax)),
            ]
        )
    }

    private static func malformed(_ placement: SigV4Authorization.Placement) -> S3ErrorCode {
        switch placement {
        case .form: .invalidArgument
        case .header: .authorizationHeaderMalformed
        case .query: .authorizationQueryParametersError
        }
    }

    private static func text(of error: SigV4Error) -> String {
        switch error {
        case .algorithmUnsupported: "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\""
        case .componentMalformed(_, let component):
            "The authorization is malformed; its \(component.rawValue) is not valid"
        case .componentMissing(_, let component):
            "The authorization is malformed; its \(component.rawValue) is missing"
        case .componentRepeated(_, let component):
            "The authorization is malformed; its \(component.rawValue) is there twice"
        case .credentialDateMismatch:
            "The authorization is malformed; the credential's date is not the request's"
        case .expiryOutOfRange: "X-Amz-Expires must be between 1 and 604800 seconds"
        case .hostUnsigned: "The authorization is malformed; the host header is not signed"
        case .serviceMismatch(_, let given):
            "The authorization is malformed; the service '\(given)' is wrong; expecting 's3'"
        default: "The authorization is malformed"
        }
    }
}
