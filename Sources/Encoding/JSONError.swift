/// Why a text is no JSON that Sealgate reads.
public enum JSONError: Error, Equatable, Sendable {
    /// A control character stands in a string unescaped.
    case controlCharacter
    /// Arrays and objects nest deeper than the limit.
    case depthExceeded
    /// An object names a member twice.
    case duplicateName(String)
    /// A backslash is followed by what RFC 8259 section 7 doesn't list.
    case escapeInvalid
    /// A number has a form that RFC 8259 section 6 forbids, or no finite value.
    case numberInvalid
    /// The text is longer than the limit.
    case sizeExceeded
    /// Half a surrogate pair stands alone.
    case surrogateLone
    /// Something follows the value.
    case trailingBytes(offset: Int)
    /// The text ends within the value.
    case truncated
    /// A byte that can't stand there.
    case unexpectedByte(offset: Int)
    /// A string isn't UTF-8.
    case utf8Invalid
}
