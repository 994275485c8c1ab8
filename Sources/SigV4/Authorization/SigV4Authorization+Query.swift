internal import Encoding
internal import HTTPWire

extension SigV4Authorization {
    /// Reads the parameters of a presigned URL.
    static func parse(
        _ query: borrowing SignatureQuery,
        _ head: HTTPRequestHead
    ) throws(SigV4Error) -> SigV4Authorization {
        try checkAlgorithm(query.algorithm)
        let credential = try required(query.credential, .credential)
        let date = try required(query.date, .date)
        let expires = try required(query.expires, .expires)
        let signedHeaders = try required(query.signedHeaders, .signedHeaders)
        let signature = try required(query.signature, .signature)
        let (accessKeyID, scope) = try parse(credential: credential.span, .query)
        guard let time = Timestamp(basicISO8601: date.span) else {
            throw .componentMalformed(.query, .date)
        }
        guard date.span.extracting(0..<8).isEqual(to: scope.date.utf8.span) else {
            throw .credentialDateMismatch(.query)
        }
        let expiresSeconds = try parse(expires: expires)
        let (payload, payloadText) = try payload(query, head.fields)
        try check(signedHeaders: signedHeaders.span, head.fields, .query)
        return SigV4Authorization(
            placement: .query,
            accessKeyID: accessKeyID,
            scope: scope,
            time: time,
            expiresSeconds: expiresSeconds,
            sessionToken: query.securityToken.map { String(decoding: $0, as: UTF8.self) }
                ?? head.fields["x-amz-security-token"],
            payload: payload,
            payloadText: payloadText,
            signedHeaders: Array(signedHeaders),
            signature: try parse(signature: signature, .query)
        )
    }

    private static func checkAlgorithm(_ algorithm: ArraySlice<UInt8>?) throws(SigV4Error) {
        let algorithm = try required(algorithm, .algorithm)
        if algorithm.span.isEqual(to: "AWS4-HMAC-SHA256") { return }
        if algorithm.span.starts(with: "AWS4-ECDSA-") { throw .asymmetricSignatureUnsupported }
        throw .algorithmUnsupported
    }

    private static func required(
        _ value: ArraySlice<UInt8>?,
        _ component: SigV4Component
    ) throws(SigV4Error) -> ArraySlice<UInt8> {
        guard let value else { throw .componentMissing(.query, component) }
        return value
    }

    private static func parse(expires text: ArraySlice<UInt8>) throws(SigV4Error) -> Int {
        guard !text.isEmpty, text.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw .componentMalformed(.query, .expires)
        }
        var seconds = 0
        for digit in text {
            seconds = seconds * 10 + Int(digit - 0x30)
            guard seconds <= expiresSecondsMax else { throw .expiryOutOfRange }
        }
        guard seconds > 0 else { throw .expiryOutOfRange }
        return seconds
    }

    // The body of a presigned request isn't signed unless a parameter or a header says so.
    private static func payload(
        _ query: borrowing SignatureQuery,
        _ fields: HTTPFields
    ) throws(SigV4Error) -> (SigV4Payload, text: [UInt8]) {
        let header = try payloadText(fields)
        let parameter = query.payloadHash
        guard header == nil || parameter == nil || header == parameter else {
            throw .payloadHashMalformed
        }
        guard let text = parameter ?? header else { return (.unsigned, unsignedText) }
        return (try SigV4Payload(headerValue: text), Array(text))
    }

    private static let unsignedText = Array(SigV4Payload.unsigned.headerValue.utf8)
}
