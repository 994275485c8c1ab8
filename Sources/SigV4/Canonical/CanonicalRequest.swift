internal import Crypto
internal import Encoding
internal import HTTPWire

/// The canonical form of requests, one after the other, in one buffer.
///
/// Method, path, query, headers, names of the headers, payload hash; a line each. It is made
/// from the bytes received: path and query are decoded and encoded anew, byte by byte, so that
/// spellings of one thing count as one; nothing is normalised beyond that.
struct CanonicalRequest {
    private var text: [UInt8] = []
    private var query = CanonicalQuery()

    /// The SHA-256 of a request's canonical form, 32 bytes.
    ///
    /// - Parameters:
    ///   - head: the request's head.
    ///   - signedHeaders: names in lower case between semicolons.
    ///   - payload: the value of `x-amz-content-sha256`.
    /// - Returns: the digest.
    /// - Throws: `.targetMalformed`, `.signedHeaderMissing`.
    mutating func digest(
        _ head: HTTPRequestHead,
        signedHeaders: ArraySlice<UInt8>,
        payload: [UInt8]
    ) throws(SigV4Error) -> InlineArray<32, UInt8> {
        defer { wipe() }
        try write(head, signedHeaders: signedHeaders, payload: payload)
        return HashFunction.sha256(text.span)
    }

    /// The canonical form itself: it may hold a customer's key, so it is for tests.
    mutating func bytes(
        _ head: HTTPRequestHead,
        signedHeaders: ArraySlice<UInt8>,
        payload: [UInt8]
    ) throws(SigV4Error) -> [UInt8] {
        defer { wipe() }
        try write(head, signedHeaders: signedHeaders, payload: payload)
        return text
    }

    // The headers of SSE-C carry a key: it is neither left in the buffer nor, since the buffer has
    // the room from the start, in memory that growing gave back.
    private mutating func wipe() {
        for index in text.indices { text[index] = 0 }
        text.removeAll(keepingCapacity: true)
    }

    private mutating func write(
        _ head: HTTPRequestHead,
        signedHeaders: ArraySlice<UInt8>,
        payload: [UInt8]
    ) throws(SigV4Error) {
        text.reserveCapacity(
            4 * head.target.utf8.count + head.fields.listSize + head.authority.utf8.count
                + 2 * signedHeaders.count + payload.count + 64
        )
        text.append(contentsOf: head.method.name.utf8)
        endLine()
        try write(target: head.target)
        try write(signedHeaders, head)
        endLine()
        text.append(contentsOf: signedHeaders)
        endLine()
        text.append(contentsOf: payload)
    }

    private mutating func write(target: String) throws(SigV4Error) {
        let bytes = target.utf8.span
        let pathEnd = bytes.firstIndex(of: UInt8(ascii: "?"))
        if pathEnd == 0 { text.append(UInt8(ascii: "/")) }
        try CanonicalEncoding.append(
            bytes.extracting(0..<pathEnd),
            keepingSlash: true,
            to: &text
        )
        endLine()
        if pathEnd < bytes.count {
            try query.append(bytes.extracting(droppingFirst: pathEnd + 1), to: &text)
        }
        endLine()
    }

    private mutating func write(
        _ signedHeaders: ArraySlice<UInt8>,
        _ head: HTTPRequestHead
    ) throws(SigV4Error) {
        let list = signedHeaders.span
        var start = 0
        while start <= list.count {
            let end = list.firstIndex(of: UInt8(ascii: ";"), from: start)
            let name = list.extracting(start..<end)
            text.append(name)
            text.append(UInt8(ascii: ":"))
            try writeValues(of: name, head)
            endLine()
            start = end + 1
        }
    }

    private mutating func writeValues(
        of name: Span<UInt8>,
        _ head: HTTPRequestHead
    ) throws(SigV4Error) {
        var isFound = false
        for index in 0..<head.fields.count where head.fields.isName(name, at: index) {
            if isFound { text.append(UInt8(ascii: ",")) }
            isFound = true
            writeTrimmed(head.fields.valueBytes(at: index).span)
        }
        if isFound { return }
        if name.isEqual(to: "host") {
            text.append(contentsOf: head.authority.utf8)
        } else if name.isEqual(to: "content-length"), case .known(let count) = head.bodyLength {
            // HTTP/2 needs no such field: the length is known from the frames.
            text.append(contentsOf: String(count).utf8)
        } else {
            throw .signedHeaderMissing(String(utf8: name) ?? "")
        }
    }

    // Without blanks at the ends, and one space for blanks between.
    private mutating func writeTrimmed(_ value: Span<UInt8>) {
        var isStarted = false
        var index = 0
        while index < value.count {
            let start = index
            while index < value.count, !SigV4Authorization.isBlank(value[index]) { index += 1 }
            if index > start {
                if isStarted { text.append(UInt8(ascii: " ")) }
                isStarted = true
                text.append(value.extracting(start..<index))
            }
            index += 1
        }
    }

    private mutating func endLine() { text.append(UInt8(ascii: "\n")) }
}
