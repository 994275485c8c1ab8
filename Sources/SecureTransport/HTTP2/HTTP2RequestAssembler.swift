internal import Encoding
internal import HTTPWire

/// Why a request is refused by its fields, though libnghttp2 found them well-formed.
enum HTTP2HeadRefusal: Error, Equatable, Sendable {
    /// `:authority` or `host` is empty, carries userinfo or isn't ASCII.
    case authorityInvalid
    /// `:authority` and `host` differ.
    case authorityMismatch
    /// The method is CONNECT: this is no proxy.
    case connectRefused
    /// More fields than the limit.
    case fieldsTooMany
    /// More bytes of fields than the limit, as RFC 9113 section 6.5.2 counts them.
    case headTooLarge
    /// `:scheme` is neither `https` nor `http`.
    case schemeInvalid
    /// `:path` is empty or isn't ASCII.
    case targetInvalid
    /// `:path` is over its limit.
    case targetTooLong

    /// The status that the request is answered with.
    var status: Int {
        switch self {
        case .authorityInvalid, .authorityMismatch, .schemeInvalid, .targetInvalid: 400
        case .connectRefused: 405
        case .fieldsTooMany, .headTooLarge: 431
        case .targetTooLong: 414
        }
    }
}

/// Puts the fields of a header block together into a request's head, or into trailers.
///
/// libnghttp2 has checked before what RFC 9113 section 8 wants of each field: legal bytes, lower
/// case, pseudo-header fields first and once, none specific to a connection.
struct HTTP2RequestAssembler {
    /// Regular fields; `host` first where `:authority` came.
    private(set) var fields = HTTPFields()
    /// What is wrong with the block, once something is; fields are only counted from then on.
    private(set) var refusal: HTTP2HeadRefusal?
    /// The decoded size so far.
    private(set) var listBytes = 0

    private let fieldsMax: Int
    private let listBytesMax: Int
    private let targetBytesMax: Int
    private var fieldCount = 0
    private var method = HTTPMethod.get
    private var target = ""
    private var authority = ""
    private var hasAuthority = false

    /// An assembler for a request's head.
    init(_ limits: HTTPLimits) {
        fieldsMax = limits.fieldsMax
        listBytesMax = limits.headBytesMax
        targetBytesMax = limits.targetBytesMax
        fields.reserve(fields: 16, bytes: 512)
    }

    /// An assembler for trailers.
    init(trailers limits: HTTPLimits) {
        fieldsMax = limits.trailerFieldsMax
        listBytesMax = limits.trailerBytesMax
        targetBytesMax = 0
    }

    /// Whether the block is so far over its limit that it isn't even worth an answer.
    var isBomb: Bool { listBytes > listBytesMax &* Self.bombFactor }

    /// Takes the next field.
    mutating func append(name: Span<UInt8>, value: Span<UInt8>) {
        listBytes += name.count + value.count + 32
        fieldCount += 1
        guard refusal == nil else { return }
        guard listBytes <= listBytesMax else {
            refusal = .headTooLarge
            return
        }
        if name.count > 0, name[0] == UInt8(ascii: ":") { return appendPseudo(name, value) }
        guard fieldCount <= fieldsMax + Self.pseudoFieldCount else {
            refusal = .fieldsTooMany
            return
        }
        if name.isEqual(to: "host") {
            guard appendHost(value) else { return }
        }
        fields.append(lowercaseName: name, value: value)
    }

    /// The head, now that its block is complete.
    ///
    /// - Parameter endsStream: whether no body follows.
    /// - Returns: the head, with `host` among its fields.
    /// - Throws: the first thing that was wrong.
    mutating func finish(endsStream: Bool) throws(HTTP2HeadRefusal) -> HTTPRequestHead {
        if let refusal { throw refusal }
        if case .other("CONNECT") = method { throw .connectRefused }
        guard hasAuthority else { throw .authorityInvalid }
        guard !target.isEmpty else { throw .targetInvalid }
        return HTTPRequestHead(
            method: method,
            target: target,
            authority: authority,
            version: .http2,
            fields: fields,
            bodyLength: endsStream ? .known(0) : declaredLength
        )
    }

    /// Lets go of the block, once it was taken or nobody will.
    mutating func clear() { (fields, target, authority) = (HTTPFields(), "", "") }

    // libnghttp2 lets one field of digits through only, and holds DATA frames to it.
    private var declaredLength: HTTPBodyLength {
        guard let index = fields.firstIndex(of: "content-length") else { return .unknown }
        var length: UInt64 = 0
        for byte in fields.valueBytes(at: index) {
            let (shifted, isShiftOver) = length.multipliedReportingOverflow(by: 10)
            let (sum, isSumOver) = shifted.addingReportingOverflow(UInt64(byte &- 0x30))
            guard (0x30...0x39).contains(byte), !isShiftOver, !isSumOver else { return .unknown }
            length = sum
        }
        return .known(length)
    }

    private mutating func appendPseudo(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        if name.isEqual(to: ":method") {
            method = HTTPMethod(Self.text(value))
        } else if name.isEqual(to: ":path") {
            guard value.count <= targetBytesMax else {
                refusal = .targetTooLong
                return
            }
            guard value.isVisible else {
                refusal = .targetInvalid
                return
            }
            target = Self.text(value)
        } else if name.isEqual(to: ":authority") {
            guard takeAuthority(value) else { return }
            fields.append(name: "host".utf8Span.span, value: value)
        } else if name.isEqual(to: ":scheme") {
            if !value.isEqual(to: "https"), !value.isEqual(to: "http") {
                refusal = .schemeInvalid
            }
        }
    }

    // Whether the field is to be kept: not where `:authority` stands for it.
    private mutating func appendHost(_ value: Span<UInt8>) -> Bool {
        guard hasAuthority else { return takeAuthority(value) }
        if !Self.isEqualIgnoringCase(value, authority) { refusal = .authorityMismatch }
        return false
    }

    private mutating func takeAuthority(_ value: Span<UInt8>) -> Bool {
        let hasUserInformation = value.firstIndex(of: UInt8(ascii: "@")) < value.count
        guard value.count > 0, value.isVisible, !hasUserInformation else {
            refusal = .authorityInvalid
            return false
        }
        authority = Self.text(value)
        hasAuthority = true
        return true
    }

    private static let pseudoFieldCount = 4
    private static let bombFactor = 4
}

extension HTTP2RequestAssembler {
    fileprivate static func text(_ bytes: Span<UInt8>) -> String {
        unsafe bytes.withUnsafeBufferPointer { unsafe String(decoding: $0, as: UTF8.self) }
    }

    fileprivate static func isEqualIgnoringCase(_ bytes: Span<UInt8>, _ text: String) -> Bool {
        guard bytes.count == text.utf8.count else { return false }
        var index = 0
        for byte in text.utf8 {
            guard lower(bytes[index]) == lower(byte) else { return false }
            index += 1
        }
        return true
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
    }
}
