internal import Encoding
internal import HTTPWire

// What the header and the query have in common.
extension SigV4Authorization {
    /// Reads `<access key id>/<day>/<region>/<service>/aws4_request`.
    static func parse(
        credential: ArraySlice<UInt8>,
        _ placement: Placement
    ) throws(SigV4Error) -> (accessKeyID: String, scope: SigV4Scope) {
        let parts = credential.split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        )
        guard parts.count == 5, parts[4].elementsEqual("aws4_request".utf8),
            (1...accessKeyIDCountMax).contains(parts[0].count),
            parts[1].count == 8, parts[1].allSatisfy({ (0x30...0x39).contains($0) }),
            (1...64).contains(parts[2].count), (1...64).contains(parts[3].count),
            credential.allSatisfy({ (0x21...0x7e).contains($0) })
        else { throw .componentMalformed(placement, .credential) }
        let scope = SigV4Scope(
            date: String(decoding: parts[1], as: UTF8.self),
            region: String(decoding: parts[2], as: UTF8.self),
            service: String(decoding: parts[3], as: UTF8.self)
        )
        return (String(decoding: parts[0], as: UTF8.self), scope)
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
        signedHeaders: ArraySlice<UInt8>,
        _ fields: HTTPFields,
        _ placement: Placement
    ) throws(SigV4Error) {
        let names = signedHeaders.split(
            separator: UInt8(ascii: ";"),
            omittingEmptySubsequences: false
        )
        guard names.count <= signedHeaderCountMax else {
            throw .componentMalformed(placement, .signedHeaders)
        }
        for (position, name) in names.enumerated() {
            guard !name.isEmpty, name.allSatisfy(isNameCharacter),
                !names[..<position].contains(name)
            else { throw .componentMalformed(placement, .signedHeaders) }
        }
        guard names.contains(where: { $0.elementsEqual("host".utf8) }) else {
            throw .hostUnsigned(placement)
        }
        var unsigned: [String] = []
        for index in 0..<fields.count {
            let name = fields.nameBytes(at: index)
            guard name.starts(with: "x-amz-".utf8), !names.contains(name) else { continue }
            unsigned.append(String(decoding: name, as: UTF8.self))
        }
        guard unsigned.isEmpty else { throw .headersUnsigned(unsigned) }
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

    // RFC 9110's token characters without the upper case, which a signature doesn't know.
    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5a: false
        case UInt8(ascii: "\""), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ","): false
        case UInt8(ascii: "/"), 0x3a...0x40, 0x5b...0x5d, UInt8(ascii: "{"): false
        case UInt8(ascii: "}"): false
        default: (0x21...0x7e).contains(byte)
        }
    }
}
