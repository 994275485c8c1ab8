internal import Crypto
public import Encoding
public import HTTPWire

/// What a form's fields say of its signature: not verified yet.
///
/// The signature is over the base64 of the form's policy, which in turn says which fields there
/// may be: to check the policy is the caller's.
///
/// Source: Amazon S3 API Reference, "Authenticating Requests in Browser-Based Uploads Using POST".
public struct SigV4Form: Equatable, Sendable {
    /// The id of the credential, 1...128 bytes: look its secret up, then verify.
    public let accessKeyID: String
    /// Day, region and service.
    public let scope: SigV4Scope
    /// The time of signing, as the client says.
    public let time: Timestamp
    /// The token of temporary credentials, `nil` where there is none.
    public let sessionToken: String?
    /// The policy's base64, as sent.
    public let policy: [UInt8]

    // 32 bytes.
    let signature: [UInt8]

    private static let names = [
        "policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature",
    ]

    /// Reads the description from a form's fields, names in lower case.
    ///
    /// - Returns: `nil` for an anonymous form, which has no policy and no part of a signature.
    /// - Throws: `.algorithmUnsupported`, `.componentMalformed`, `.componentMissing`,
    ///   `.componentRepeated`, `.credentialDateMismatch`, `.signatureVersion2Unsupported`.
    public static func parse(_ fields: HTTPFields) throws(SigV4Error) -> SigV4Form? {
        guard !fields.contains("awsaccesskeyid"), !fields.contains("signature") else {
            throw .signatureVersion2Unsupported
        }
        guard names.contains(where: { fields.contains($0) }) else { return nil }
        let policy = try fields.only("policy", .policy)
        let algorithm = try fields.only("x-amz-algorithm", .algorithm)
        let credential = try fields.only("x-amz-credential", .credential)
        let date = try fields.only("x-amz-date", .date)
        let signature = try fields.only("x-amz-signature", .signature)
        guard algorithm.span.isEqual(to: "AWS4-HMAC-SHA256") else { throw .algorithmUnsupported }
        let (accessKeyID, scope) = try SigV4Authorization.parse(
            credential: credential.span,
            .form
        )
        guard let time = Timestamp(basicISO8601: date.span) else {
            throw .componentMalformed(.form, .date)
        }
        guard time.basicISO8601.utf8.starts(with: scope.date.utf8) else {
            throw .credentialDateMismatch(.form)
        }
        return SigV4Form(
            accessKeyID: accessKeyID,
            scope: scope,
            time: time,
            sessionToken: fields["x-amz-security-token"],
            policy: Array(policy),
            signature: try SigV4Authorization.parse(signature: signature, .form)
        )
    }
}

extension HTTPFields {
    /// The value of a form's field that must be there once.
    func only(
        _ name: String,
        _ component: SigV4Component
    ) throws(SigV4Error) -> ArraySlice<UInt8> {
        guard let index = firstIndex(of: name) else { throw .componentMissing(.form, component) }
        guard firstIndex(of: name, from: index + 1) == nil else {
            throw .componentRepeated(.form, component)
        }
        return valueBytes(at: index)
    }
}

extension SigV4Verifier {
    /// Verifies a form's signature.
    ///
    /// How long it is good for its policy says, which is the caller's to read.
    ///
    /// - Parameters:
    ///   - form: what `SigV4Form.parse` read from the fields.
    ///   - secret: the secret access key of the credential named.
    ///   - now: the time of arrival.
    /// - Returns: who signed.
    /// - Throws: `.serviceMismatch`, `.regionMismatch`, `.requestNotYetValid`,
    ///   `.signatureMismatch`, `.cryptoFailed`; in this order.
    public func verify(
        _ form: SigV4Form,
        secret: Span<UInt8>,
        now: Timestamp
    ) throws(SigV4Error) -> SigV4Identity {
        try checkScope(form.scope, .form)
        let ahead = form.time.milliseconds.subtractingReportingOverflow(now.milliseconds)
        guard !ahead.overflow, ahead.partialValue <= Self.skewMillisecondsMax else {
            throw .requestNotYetValid(requestTime: form.time, serverTime: now)
        }
        let key = try keys.key(form.accessKeyID, form.scope, secret: secret)
        let expected = try key.signature(of: form.policy.span)
        guard ConstantTime.equal(expected.span, form.signature.span) else {
            throw .signatureMismatch
        }
        return SigV4Identity(
            accessKeyID: form.accessKeyID,
            placement: .form,
            sessionToken: form.sessionToken,
            payload: .unsigned,
            signedAt: form.time,
            seed: nil
        )
    }
}
