internal import Crypto
public import Encoding
public import HTTPWire

/// What a request or a form says of its signature of version 2: not verified yet.
///
/// The older scheme, an HMAC-SHA1 under the secret itself, of which neither the body nor most of
/// the query is part: to take it at all is the operator's decision.
///
/// Source: Amazon S3 User Guide, "Signing and authenticating REST requests (AWS signature
/// version 2)".
public struct SignatureV2: Equatable, Sendable {
    /// Where the signature stands.
    public let placement: SigV4Authorization.Placement
    /// The id of the credential, 1...128 bytes: look its secret up, then verify.
    public let accessKeyID: String
    /// The token of temporary credentials, `nil` where there is none.
    public let sessionToken: String?

    // 20 bytes.
    private let signature: [UInt8]
    private let covered: Covered

    private enum Covered: Equatable {
        case form(policy: [UInt8])
        case head(HTTPRequestHead, date: [UInt8], time: Time)
    }

    private enum Time: Equatable {
        case expires(Timestamp)
        case signed(Timestamp)
    }

    /// Reads the description of a request whose signature `SigV4Authorization.parse` found to be
    /// of version 2.
    ///
    /// - Throws: `.componentMalformed`, `.componentMissing`, `.componentRepeated`,
    ///   `.dateMalformed`, `.dateMissing`, `.targetMalformed`.
    public init(head: HTTPRequestHead) throws(SigV4Error) {
        if let index = head.fields.firstIndex(of: "authorization") {
            try self.init(header: head.fields.valueBytes(at: index), head)
        } else {
            try self.init(query: try SignatureQueryV2(target: head.target), head)
        }
    }

    private init(
        header value: ArraySlice<UInt8>,
        _ head: HTTPRequestHead
    ) throws(SigV4Error) {
        let value = SigV4Authorization.trim(
            SigV4Authorization.trim(value).dropFirst("AWS ".utf8.count)
        )
        guard let colon = value.lastIndex(of: UInt8(ascii: ":")) else {
            throw .componentMalformed(.header, .credential)
        }
        placement = .header
        accessKeyID = try Self.accessKeyID(value[..<colon], .header)
        signature = try Self.decode(value[(colon + 1)...], .header)
        sessionToken = head.fields["x-amz-security-token"]
        let time = try SigV4Authorization.time(head.fields)
        // The line of the date is empty where `x-amz-date` stands among the signed headers.
        let index = head.fields.contains("x-amz-date") ? nil : head.fields.firstIndex(of: "date")
        let date = index.map { SigV4Authorization.trim(head.fields.valueBytes(at: $0)) } ?? []
        covered = .head(head, date: Array(date), time: .signed(time))
    }

    private init(query: SignatureQueryV2, _ head: HTTPRequestHead) throws(SigV4Error) {
        guard let id = query.accessKeyID else { throw .componentMissing(.query, .credential) }
        guard let text = query.signature else { throw .componentMissing(.query, .signature) }
        guard let expires = query.expires else { throw .componentMissing(.query, .expires) }
        // 11 digits of seconds reach beyond the year 5000, and can't overflow.
        guard (1...11).contains(expires.count),
            expires.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw .componentMalformed(.query, .expires) }
        let seconds = expires.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        placement = .query
        accessKeyID = try Self.accessKeyID(id[...], .query)
        signature = try Self.decode(text[...], .query)
        sessionToken =
            query.securityToken.map { String(decoding: $0, as: UTF8.self) }
            ?? head.fields["x-amz-security-token"]
        covered = .head(head, date: expires, time: .expires(Timestamp(seconds: seconds)))
    }

    /// Reads the description of a form, from its fields, whose names are in lower case.
    ///
    /// - Throws: `.authorizationAmbiguous` beside fields of version 4, `.componentMalformed`,
    ///   `.componentMissing`, `.componentRepeated`.
    public init(form fields: HTTPFields) throws(SigV4Error) {
        for name in ["x-amz-algorithm", "x-amz-credential", "x-amz-signature"]
        where fields.contains(name) {
            throw .authorizationAmbiguous
        }
        let id = try fields.only("awsaccesskeyid", .credential)
        let text = try fields.only("signature", .signature)
        covered = .form(policy: Array(try fields.only("policy", .policy)))
        placement = .form
        accessKeyID = try Self.accessKeyID(id, .form)
        signature = try Self.decode(text, .form)
        sessionToken = fields["x-amz-security-token"]
    }

    /// The base64 of a form's policy.
    public var policy: [UInt8] {
        if case .form(let policy) = covered { policy } else { [] }
    }

    private static func accessKeyID(
        _ text: ArraySlice<UInt8>,
        _ placement: SigV4Authorization.Placement
    ) throws(SigV4Error) -> String {
        guard (1...SigV4Authorization.accessKeyIDCountMax).contains(text.count),
            text.span.isVisible, let id = String(utf8: text)
        else { throw .componentMalformed(placement, .credential) }
        return id
    }

    private static func decode(
        _ text: ArraySlice<UInt8>,
        _ placement: SigV4Authorization.Placement
    ) throws(SigV4Error) -> [UInt8] {
        guard let bytes = Base64.decode(text), bytes.count == 20 else {
            throw .componentMalformed(placement, .signature)
        }
        return bytes
    }

    /// Verifies the signature.
    ///
    /// - Parameters:
    ///   - secret: the secret access key of the credential named.
    ///   - hostBucket: the bucket that the host names, `nil` where the path does.
    ///   - now: the time of arrival.
    /// - Returns: who signed; nothing is said of the body, nor chained to it.
    /// - Throws: `.requestTimeTooSkewed`, `.requestExpired`, `.queryUnsigned`, `.targetMalformed`,
    ///   `.signatureMismatch`, `.cryptoFailed`; in this order.
    public func verify(
        secret: Span<UInt8>,
        hostBucket: String? = nil,
        now: Timestamp
    ) throws(SigV4Error) -> SigV4Identity {
        var isRight = false
        switch covered {
        case .form(let policy): isRight = try matches(policy, secret)
        case .head(let head, let date, let time):
            try Self.check(time, now)
            let resources = StringToSignV2.resources(of: head.target, hostBucket: hostBucket)
            for resource in resources where !isRight {
                var text = try StringToSignV2.bytes(head, date: date, resource: resource)
                // A customer's key may stand among the headers.
                defer { ConstantTime.wipe(&text) }
                isRight = try matches(text, secret)
            }
        }
        guard isRight else { throw .signatureMismatch }
        return SigV4Identity(
            accessKeyID: accessKeyID,
            placement: placement,
            sessionToken: sessionToken,
            payload: .unsigned,
            signedAt: nil,
            seed: nil
        )
    }

    private func matches(_ text: [UInt8], _ secret: Span<UInt8>) throws(SigV4Error) -> Bool {
        do throws(CryptoError) {
            let expected = try HMAC.code(.sha1, key: secret, message: text.span)
            return ConstantTime.equal(expected, signature)
        } catch {
            throw .cryptoFailed(error)
        }
    }

    private static func check(_ time: Time, _ now: Timestamp) throws(SigV4Error) {
        switch time {
        case .expires(let expires):
            guard now <= expires else {
                throw .requestExpired(expires: expires, serverTime: now, expiresSeconds: nil)
            }
        case .signed(let time):
            let ahead = time.milliseconds.subtractingReportingOverflow(now.milliseconds)
            guard !ahead.overflow,
                ahead.partialValue.magnitude <= SigV4Verifier.skewMillisecondsMax.magnitude
            else { throw .requestTimeTooSkewed(requestTime: time, serverTime: now) }
        }
    }
}

/// The parameters of a signature of version 2 in a target's query, decoded.
struct SignatureQueryV2 {
    private(set) var accessKeyID: [UInt8]?
    private(set) var expires: [UInt8]?
    private(set) var securityToken: [UInt8]?
    private(set) var signature: [UInt8]?

    init(target: String) throws(SigV4Error) {
        try ParametersV2.forEach(target) { name, value throws(SigV4Error) in
            switch name {
            case "AWSAccessKeyId": try Self.set(&accessKeyID, value, .credential)
            case "Expires": try Self.set(&expires, value, .expires)
            case "Signature": try Self.set(&signature, value, .signature)
            case "x-amz-security-token": try Self.set(&securityToken, value, .securityToken)
            default: break
            }
        }
    }

    private static func set(
        _ field: inout [UInt8]?,
        _ value: [UInt8]?,
        _ component: SigV4Component
    ) throws(SigV4Error) {
        guard field == nil else { throw .componentRepeated(.query, component) }
        field = value ?? []
    }
}
