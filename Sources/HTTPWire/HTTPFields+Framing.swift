extension HTTPFields {
    /// Whether a `Connection` field lists `close`, RFC 9112 section 9.6.
    public var asksForClose: Bool {
        var index = firstIndex(of: "connection")
        while let found = index {
            for option in valueBytes(at: found).split(separator: UInt8(ascii: ",")) {
                let token = option.drop { $0 == 0x20 || $0 == 0x09 }
                if let end = token.lastIndex(where: { $0 != 0x20 && $0 != 0x09 }),
                    HTTPFieldRules.equalIgnoringCase(token[...end], "close".utf8)
                {
                    return true
                }
            }
            index = firstIndex(of: "connection", from: found + 1)
        }
        return false
    }

    /// The value of `Content-Length`; `nil` where there is none.
    ///
    /// - Throws: `.contentLengthConflict`, `.contentLengthInvalid`, `.contentLengthTooLarge`.
    ///
    /// Source: RFC 9110 section 8.6; RFC 9112 section 6.3.
    public func contentLength() throws(HTTP1Error) -> UInt64? {
        var length: UInt64?
        var index = firstIndex(of: "content-length")
        while let found = index {
            let value = try Self.number(valueBytes(at: found))
            if let length, length != value { throw .contentLengthConflict }
            length = value
            index = firstIndex(of: "content-length", from: found + 1)
        }
        return length
    }

    /// The length that `Content-Length` or `Transfer-Encoding` gives a body; `nil` without both.
    func bodyLength(in version: HTTPVersion) throws(HTTP1Error) -> HTTPBodyLength? {
        let length = try contentLength()
        guard let coding = firstIndex(of: "transfer-encoding") else {
            return length.map { .known($0) }
        }
        guard length == nil else { throw .contentLengthWithTransferEncoding }
        guard version != .http1_0 else { throw .transferEncodingInHTTP1_0 }
        guard occurrences(of: "transfer-encoding") == 1,
            HTTPFieldRules.equalIgnoringCase(valueBytes(at: coding), "chunked".utf8)
        else { throw .transferEncodingUnsupported }
        return .unknown
    }

    private static func number(_ digits: ArraySlice<UInt8>) throws(HTTP1Error) -> UInt64 {
        guard !digits.isEmpty else { throw .contentLengthInvalid }
        var value: UInt64 = 0
        var isTooLarge = false
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { throw .contentLengthInvalid }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit - 0x30))
            value = sum
            // Sizes are reckoned as Int elsewhere, so 63 bits is the most.
            isTooLarge = isTooLarge || overflow || carry || sum > UInt64(Int64.max)
        }
        guard !isTooLarge else { throw .contentLengthTooLarge }
        return value
    }
}
