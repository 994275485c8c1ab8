internal import CNGHTTP2
internal import Encoding

/// How HTTP/2 sends the fields of a head that both versions share.
enum HTTP2FieldRules {
    /// Whether a field of a response goes out: connection-specific ones don't, RFC 9113 section
    /// 8.2.2.
    static func isAllowed(_ name: Span<UInt8>) -> Bool {
        switch name.count {
        case 10: !name.isEqual(to: "connection") && !name.isEqual(to: "keep-alive")
        case 17: !name.isEqual(to: "transfer-encoding")
        default: true
        }
    }

    /// Whether nearly every response has a value of its own for the field.
    ///
    /// Such values are kept out of the compressor's table (RFC 7541 section 6.2.3): they would only
    /// push out what the next response could refer to, and be searched in vain.
    static func isUnique(_ name: Span<UInt8>) -> Bool {
        switch name.count {
        case 10: name.isEqual(to: "x-amz-id-2")
        case 16: name.isEqual(to: "x-amz-request-id") || name.isEqual(to: "x-amz-version-id")
        default: false
        }
    }

    /// A field as libnghttp2 wants it; it points to the spans' memory, which must outlive it.
    static func entry(_ name: Span<UInt8>, _ value: Span<UInt8>) -> nghttp2_nv {
        var entry = unsafe nghttp2_nv()
        unsafe entry.name = name.withUnsafeBufferPointer {
            unsafe UnsafeMutablePointer(mutating: $0.baseAddress)
        }
        unsafe entry.namelen = name.count
        unsafe entry.value = value.withUnsafeBufferPointer {
            unsafe UnsafeMutablePointer(mutating: $0.baseAddress)
        }
        unsafe entry.valuelen = value.count
        if isUnique(name) { unsafe entry.flags = UInt8(NGHTTP2_NV_FLAG_NO_INDEX.rawValue) }
        return unsafe entry
    }
}
