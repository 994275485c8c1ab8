/// What a peer did wrong in an HTTP/1.1 message, RFC 9112; each a rejection of its own.
public enum HTTP1Error: Error, Hashable, Sendable, CaseIterable {
    /// The authority of an absolute target isn't that of `Host`.
    case authorityConflict
    /// A CR without LF behind it.
    case bareCarriageReturn
    /// A LF without CR before it.
    case bareLineFeed
    /// A chunk's bytes aren't followed by CR LF.
    case chunkEndInvalid
    /// A chunk extension holds control bytes, or doesn't begin with `;`.
    case chunkExtensionInvalid
    /// The chunk extensions of one body are over the limit together.
    case chunkExtensionsTooLarge
    /// A chunk's size line is over the limit.
    case chunkLineTooLong
    /// A chunk's size doesn't begin with a hexadecimal digit: empty, signed, spaced.
    case chunkSizeInvalid
    /// A chunk's size doesn't fit 63 bits.
    case chunkSizeTooLarge
    /// The connection ended within a message.
    case connectionEnded
    /// Several `Content-Length` fields differ.
    case contentLengthConflict
    /// A `Content-Length` is anything but digits: empty, signed, a list.
    case contentLengthInvalid
    /// A `Content-Length` doesn't fit 63 bits.
    case contentLengthTooLarge
    /// Both `Content-Length` and `Transfer-Encoding` are there.
    case contentLengthWithTransferEncoding
    /// White space stands before a field's colon.
    case fieldColonSpaced
    /// A field line begins with white space (obs-fold).
    case fieldFolded
    /// A field's name is empty, holds a byte that isn't a token's, or has no colon behind it.
    case fieldNameInvalid
    /// There are more fields than the limit.
    case fieldsTooMany
    /// A field's value holds a control byte.
    case fieldValueInvalid
    /// The head is over the limit.
    case headTooLarge
    /// `Host` or the target's authority holds a byte that no authority has, or is empty.
    case hostInvalid
    /// An HTTP/1.1 request has no `Host`.
    case hostMissing
    /// There are several `Host` fields.
    case hostRepeated
    /// `Host` or the target's authority names a user.
    case hostWithUserinfo
    /// More interim responses came than the limit.
    case interimResponsesTooMany
    /// The method is empty, too long, or holds a byte that isn't a token's.
    case methodInvalid
    /// The request line isn't method, target and version with one space between.
    case requestLineInvalid
    /// Bytes of a response came when none was asked for.
    case responseUnexpected
    /// The status line isn't version, three digits of 100...599 and a reason.
    case statusLineInvalid
    /// The target is in none of the forms of RFC 9112 section 3.2 that the method may have, or
    /// holds a byte that no URI has.
    case targetInvalid
    /// The target is over the limit.
    case targetTooLong
    /// A trailer field bears on framing or routing.
    case trailerFieldForbidden
    /// The trailers are over the limit.
    case trailersTooLarge
    /// There are more trailer fields than the limit.
    case trailersTooMany
    /// `Transfer-Encoding` in an HTTP/1.0 message.
    case transferEncodingInHTTP1_0
    /// `Transfer-Encoding` is anything but one `chunked`.
    case transferEncodingUnsupported
    /// A 101 response, for nothing was offered.
    case upgradeUnexpected
    /// An HTTP version other than 1.0 and 1.1.
    case versionUnsupported

    /// The status that a server answers: 400, 414, 431, 501 or 505.
    public var status: Int {
        switch self {
        case .fieldsTooMany, .headTooLarge, .trailersTooLarge, .trailersTooMany: 431
        case .targetTooLong: 414
        case .transferEncodingUnsupported: 501
        case .versionUnsupported: 505
        default: 400
        }
    }
}
