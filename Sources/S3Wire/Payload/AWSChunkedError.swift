/// What is wrong with a body in aws-chunked framing.
public enum AWSChunkedError: Error, Equatable, Sendable {
    /// A chunk's data isn't followed by CR LF.
    case chunkEndInvalid
    /// A line that isn't ended by CR LF.
    case lineEndInvalid
    /// A line longer than the limit.
    case lineTooLong
    /// The body's end before the last chunk's.
    case endUnexpected
    /// The decoded bytes aren't as many as were announced.
    case lengthMismatched
    /// A chunk larger than the limit.
    case sizeTooLarge
    /// A chunk's size isn't 1...16 hexadecimal digits.
    case sizeInvalid
    /// A chunk's signature isn't 64 hexadecimal digits, or is there where none belongs.
    case signatureInvalid
    /// A signed chunk, or a signed trailer, without its signature.
    case signatureMissing
    /// A trailer that isn't `name:value`.
    case trailerInvalid
    /// More trailers than the limit, or trailers where none were announced.
    case trailersUnexpected
    /// Bytes behind the last chunk and its trailers.
    case trailingBytes

    /// The answer for the client.
    public var response: S3Error {
        switch self {
        case .endUnexpected, .lengthMismatched, .trailingBytes: S3Error(.incompleteBody)
        case .sizeTooLarge: S3Error(.entityTooLarge, "A chunk of the body is too large.")
        case .signatureMissing, .signatureInvalid: S3Error(.signatureDoesNotMatch)
        case .chunkEndInvalid, .lineEndInvalid, .lineTooLong, .sizeInvalid, .trailerInvalid,
            .trailersUnexpected:
            S3Error(.invalidRequest, "The body is not in valid aws-chunked framing.")
        }
    }
}
