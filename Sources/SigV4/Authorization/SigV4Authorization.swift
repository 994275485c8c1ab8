public import Encoding
public import HTTPWire

/// What a request says of its signature: not verified yet.
public struct SigV4Authorization: Equatable, Sendable {
    /// Where a signature stands.
    public enum Placement: Hashable, Sendable {
        /// In the fields of a form.
        case form
        /// In the Authorization header.
        case header
        /// In the query: a presigned URL.
        case query
    }

    /// The number of seconds in which a presigned URL may be used, at most: seven days.
    public static let expiresSecondsMax = 604_800
    /// The length of an access key id in bytes, at most.
    public static let accessKeyIDCountMax = 128
    /// How many headers may be signed, at most.
    public static let signedHeaderCountMax = 128

    /// Where the signature stands.
    public let placement: Placement
    /// The id of the credential, 1...128 bytes: look its secret up, then verify.
    public let accessKeyID: String
    /// Day, region and service.
    public let scope: SigV4Scope
    /// The time of signing, as the client says.
    public let time: Timestamp
    /// For how many seconds from `time` a presigned URL lives, 1...604,800; `nil` in a header.
    public let expiresSeconds: Int?
    /// The token of temporary credentials, `nil` where there is none.
    public let sessionToken: String?
    /// What is said of the body.
    public let payload: SigV4Payload

    // As sent: it goes into the canonical request.
    let payloadText: [UInt8]
    // Names in lower case, as sent, between semicolons.
    let signedHeaders: [UInt8]
    // 32 bytes.
    let signature: [UInt8]

    /// Reads the signature's description from a request's head.
    ///
    /// - Parameter head: the head as received.
    /// - Returns: `nil` for an anonymous request, which has neither an Authorization header nor a
    ///   signature in its query.
    /// - Throws: `.algorithmUnsupported`, `.asymmetricSignatureUnsupported`,
    ///   `.authorizationAmbiguous`, `.authorizationTypeUnsupported`, `.componentMalformed`,
    ///   `.componentMissing`, `.componentRepeated`, `.credentialDateMismatch`, `.dateMalformed`,
    ///   `.dateMissing`, `.expiryOutOfRange`, `.headersUnsigned`, `.hostUnsigned`,
    ///   `.payloadHashMalformed`, `.payloadHashMissing`, `.payloadModeUnsupported`,
    ///   `.signatureVersion2Unsupported`, `.targetMalformed`.
    public static func parse(head: HTTPRequestHead) throws(SigV4Error) -> SigV4Authorization? {
        let query = try SignatureQuery(target: head.target)
        guard let index = head.fields.firstIndex(of: "authorization") else {
            if query.hasVersion4 { return try parse(query, head) }
            if query.hasVersion2 { throw .signatureVersion2Unsupported }
            return nil
        }
        guard !query.hasVersion4, !query.hasVersion2 else { throw .authorizationAmbiguous }
        guard head.fields.occurrences(of: "authorization") == 1 else {
            throw .authorizationAmbiguous
        }
        return try parse(header: head.fields.valueBytes(at: index), head)
    }
}
