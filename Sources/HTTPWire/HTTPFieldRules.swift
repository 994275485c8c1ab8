/// Which bytes names, values and authorities may hold, RFC 9110 section 5 and RFC 3986 section 3.2.
public enum HTTPFieldRules {
    /// Whether `byte` may stand in a token: a method or a field's name (RFC 9110 section 5.6.2).
    @inlinable
    public static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x5e...0x7a, 0x7c, 0x7e: true
        case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e: true
        default: false
        }
    }

    /// Whether `byte` may stand in a field's value: visible, space, tab or above ASCII.
    @inlinable
    public static func isValueByte(_ byte: UInt8) -> Bool {
        byte >= 0x20 ? byte != 0x7f : byte == 0x09
    }

    /// Whether `byte` may stand in a request's target: visible ASCII but for `#`.
    @inlinable
    public static func isTargetByte(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7f && byte != 0x23
    }

    /// Whether `name` is a token of at least one byte.
    public static func isName(_ name: Span<UInt8>) -> Bool {
        for index in name.indices where !isTokenByte(name[index]) { return false }
        return !name.isEmpty
    }

    /// Whether `target` holds nothing but what a request's target may, and is of at least one byte.
    static func isTarget(_ target: Span<UInt8>) -> Bool {
        for index in target.indices where !isTargetByte(target[index]) { return false }
        return !target.isEmpty
    }

    /// Whether `value` holds no control byte, so that it can't end its line.
    public static func isValue(_ value: Span<UInt8>) -> Bool {
        var index = 0
        // Eight bytes at a time, as long as all of them are above control bytes and aren't DEL.
        let bytes = unsafe value.bytes
        while value.count - index >= 8 {
            let word = unsafe bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self)
            let low = (word &- 0x2020_2020_2020_2020) & ~word
            let difference = word ^ 0x7f7f_7f7f_7f7f_7f7f
            let deleted = (difference &- 0x0101_0101_0101_0101) & ~difference
            guard (low | deleted) & 0x8080_8080_8080_8080 == 0 else { break }
            index += 8
        }
        while index < value.count {
            guard isValueByte(value[index]) else { return false }
            index += 1
        }
        return true
    }

    /// Checks a host with optional port: of `Host`, `:authority` or an absolute target.
    ///
    /// - Returns: `.hostWithUserinfo`, `.hostInvalid`, or `nil` where nothing is wrong.
    public static func authorityError(_ authority: Span<UInt8>) -> HTTP1Error? {
        guard !authority.isEmpty else { return .hostInvalid }
        var isValid = true
        for index in authority.indices {
            switch authority[index] {
            case UInt8(ascii: "@"): return .hostWithUserinfo
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: break
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): break
            case UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"): break
            default: isValid = false
            }
        }
        return isValid ? nil : .hostInvalid
    }

    /// Whether two texts are the same but for the case of ASCII letters.
    static func equalIgnoringCase(
        _ left: some Collection<UInt8>,
        _ right: some Collection<UInt8>
    ) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { lower($0) == lower($1) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
    }
}
