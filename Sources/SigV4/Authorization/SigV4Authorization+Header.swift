internal import Encoding
internal import HTTPWire

extension SigV4Authorization {
    /// Reads `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`.
    static func parse(
        header value: ArraySlice<UInt8>,
        _ head: HTTPRequestHead
    ) throws(SigV4Error) -> SigV4Authorization {
        let value = trim(value)
        let schemeEnd = value.firstIndex(where: isBlank) ?? value.endIndex
        try checkScheme(value[..<schemeEnd])
        var credential: ArraySlice<UInt8>?
        var signedHeaders: ArraySlice<UInt8>?
        var signature: ArraySlice<UInt8>?
        for part in value[schemeEnd...].split(separator: UInt8(ascii: ",")) {
            let part = trim(part)
            let nameEnd = part.firstIndex(of: UInt8(ascii: "=")) ?? part.endIndex
            let text = part[nameEnd...].dropFirst()
            if part[..<nameEnd].elementsEqual("Credential".utf8) {
                try set(&credential, text, .credential)
            } else if part[..<nameEnd].elementsEqual("SignedHeaders".utf8) {
                try set(&signedHeaders, text, .signedHeaders)
            } else if part[..<nameEnd].elementsEqual("Signature".utf8) {
                try set(&signature, text, .signature)
            } else {
                throw .componentMalformed(.header, .other)
            }
        }
        guard let credential else { throw .componentMissing(.header, .credential) }
        guard let signedHeaders else { throw .componentMissing(.header, .signedHeaders) }
        guard let signature else { throw .componentMissing(.header, .signature) }
        return try make(credential, signedHeaders, signature, head)
    }

    private static func make(
        _ credential: ArraySlice<UInt8>,
        _ signedHeaders: ArraySlice<UInt8>,
        _ signature: ArraySlice<UInt8>,
        _ head: HTTPRequestHead
    ) throws(SigV4Error) -> SigV4Authorization {
        let (accessKeyID, scope) = try parse(credential: credential.span, .header)
        let time = try time(head.fields)
        guard time.basicISO8601.utf8.starts(with: scope.date.utf8) else {
            throw .credentialDateMismatch(.header)
        }
        guard let payloadText = try payloadText(head.fields) else { throw .payloadHashMissing }
        try check(signedHeaders: signedHeaders.span, head.fields, .header)
        return SigV4Authorization(
            placement: .header,
            accessKeyID: accessKeyID,
            scope: scope,
            time: time,
            expiresSeconds: nil,
            sessionToken: head.fields["x-amz-security-token"],
            payload: try SigV4Payload(headerValue: payloadText),
            payloadText: Array(payloadText),
            signedHeaders: Array(signedHeaders),
            signature: try parse(signature: signature, .header)
        )
    }

    private static func checkScheme(_ scheme: ArraySlice<UInt8>) throws(SigV4Error) {
        if scheme.elementsEqual("AWS4-HMAC-SHA256".utf8) { return }
        if scheme.starts(with: "AWS4-ECDSA-".utf8) { throw .asymmetricSignatureUnsupported }
        if scheme.elementsEqual("AWS".utf8) { throw .signatureVersion2Unsupported }
        throw .authorizationTypeUnsupported
    }

    private static func set(
        _ field: inout ArraySlice<UInt8>?,
        _ value: ArraySlice<UInt8>,
        _ component: SigV4Component
    ) throws(SigV4Error) {
        guard field == nil else { throw .componentRepeated(.header, component) }
        field = value
    }

    static func time(_ fields: HTTPFields) throws(SigV4Error) -> Timestamp {
        for name in ["x-amz-date", "date"] {
            guard let index = fields.firstIndex(of: name) else { continue }
            guard fields.firstIndex(of: name, from: index + 1) == nil else {
                throw .dateMalformed
            }
            let text = String(decoding: trim(fields.valueBytes(at: index)), as: UTF8.self)
            if let time = Timestamp(basicISO8601: text) ?? Timestamp(httpDate: text) {
                return time
            }
            // The form of RFC 5322, in which Python writes the zone.
            guard text.hasSuffix(" -0000") || text.hasSuffix(" +0000"),
                let time = Timestamp(httpDate: text.dropLast(5) + "GMT")
            else { throw .dateMalformed }
            return time
        }
        throw .dateMissing
    }
}
