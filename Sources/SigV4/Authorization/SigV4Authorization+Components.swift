internal import Encoding
internal import HTTPWire

// What the header and the query have in common.
extension SigV4Authorization {
    /// Reads `<access key id>/<day>/<region>/<service>/aws4_request`.
    static func parse(
        credential: Span<UInt8>,
        _ placement: Placement
    ) throws(SigV4Error) -> (accessKeyID: String, scope: SigV4Scope) {
        let slash = UInt8(ascii: "/")
        let idEnd = credential.firstIndex(of: slash)
        let dateEnd = credential.firstIndex(of: slash, from: idEnd + 1)
        let regionEnd = credential.firstIndex(of: slash, from: dateEnd + 1)
        let serviceEnd = credential.firstIndex(of: slash, from: regionEnd + 1)
        guard serviceEnd < credential.count, credential.isVisible,
            credential.extracting(droppingFirst: serviceEnd + 1).isEqual(to: "aws4_request"),
            (1...accessKeyIDCountMax).contains(idEnd), dateEnd - idEnd == 9,
            (1...64).contains(regionEnd - dateEnd - 1),
            (1...64).contains(serviceEnd - regionEnd - 1),
            areDigits(credential.extracting((idEnd + 1)..<dateEnd)),
            let accessKeyID = String(utf8: credential.extracting(0..<idEnd)),
            let date = String(utf8: credential.extracting((idEnd + 1)..<dateEnd)),
            let region = String(utf8: credential.extracting((dateEnd + 1)..<regionEnd)),
            let service = String(utf8: credential.extracting((regionEnd + 1)..<serviceEnd))
        else { throw .componentMalformed(placement, .credential) }
        return (accessKeyID, SigV4Scope(date: date, region: region, service: service))
    }

    private static func areDigits(_ text: Span<UInt8>) -> Bool {
        for index in text.indices where !(0x30...0x39).contains(text[index]) { return false }
        return true
    }

    static func parse(
        signature: ArraySlice<UInt8>,
        _ placement: Placement
    ) throws(SigV4Error) -> [UInt8] {
        guard let bytes = SignatureText.decode(signature.span) else {
            throw .componentMalformed(placement, .signature)
        }
        return bytes
    }

    /// The value of `x-amz-content-sha256`, `nil` where there is none.
    static func payloadText(_ fields: HTTPFields) throws(SigV4Error) -> ArraySlice<UInt8>? {
        let name = "x-amz-content-sha256"
        guard let index = fields.firstIndex(of: name) else { return nil }
        guard fields.firstIndex(of: name, from: index + 1) == nil else {
            throw .payloadHashMalformed
        }
        return trim(fields.valueBytes(at: index))
    }

    /// Checks the list's form, and that it names `host` and all `x-amz-*` headers there are.
    static func check(
        signedHeaders: Span<UInt8>,
        _ fields: HTTPFields,
        _ placement: Placement
    ) throws(SigV4Error) {
        var count = 0
        var start = 0
        while start <= signedHeaders.count {
            let end = signedHeaders.firstIndex(of: separator, from: start)
            let name = signedHeaders.extracting(start..<end)
            count += 1
            guard count <= signedHeaderCountMax, isName(name),
                start == 0 || !names(signedHeaders.extracting(0..<(start - 1)), name)
            else { throw .componentMalformed(placement, .signedHeaders) }
            start = end + 1
        }
        guard names(signedHeaders, "host".utf8.span) else {
            throw .hostUnsigned(placement)
        }
        var unsigned: [String] = []
        for index in 0..<fields.count where fields.isName(startingWith: "x-amz-", at: index) {
            let name = fields.nameBytes(at: index)
            if names(signedHeaders, name.span) { continue }
            unsigned.append(String(decoding: name, as: UTF8.self))
        }
        guard unsigned.isEmpty else { throw .headersUnsigned(unsigned) }
    }

    private static var separator: UInt8 { UInt8(ascii: ";") }

    /// Whether a list of signed headers names one.
    private static func names(_ list: Span<UInt8>, _ wanted: Span<UInt8>) -> Bool {
        var start = 0
        while start <= list.count {
            let end = list.firstIndex(of: separator, from: start)
            if list.extracting(start..<end).isEqual(to: wanted) { return true }
            start = end + 1
        }
        return false
    }

    // A token without upper case, which a signature doesn't know.
    private static func isName(_ name: Span<UInt8>) -> Bool {
        for index in name.indices where (0x41...0x5a).contains(name[index]) { return false }
        return HTTPFieldRules.isName(name)
    }

    static func trim(_ value: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var value = value
        while let first = value.first, isBlank(first) { value.removeFirst() }
        while let last = value.last, isBlank(last) { value.removeLast() }
        return value
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
