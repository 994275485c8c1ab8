/// What is wrong with a body of multipart/form-data.
public enum FormError: Error, Equatable, Sendable {
    /// The content type has no boundary of 1 to 70 visible characters.
    case boundaryInvalid
    /// A boundary that neither a part nor the end follows, or bytes behind the last one.
    case delimiterInvalid
    /// The body doesn't begin with its boundary.
    case delimiterMissing
    /// The body's end before its last boundary.
    case endUnexpected
    /// A field that is there twice, by its name in lower case.
    case fieldRepeated(String)
    /// More bytes before the file's than the limit.
    case fieldsTooLarge
    /// The last boundary, and no file before it.
    case fileMissing
    /// A part's head that isn't lines of `name: value` with a disposition `form-data` and a name,
    /// or asks for a transfer encoding.
    case partHeadInvalid
    /// More fields than the limit.
    case tooManyFields

    /// The answer for the client.
    public var response: S3Error {
        switch self {
        case .boundaryInvalid, .delimiterInvalid, .delimiterMissing, .endUnexpected,
            .partHeadInvalid:
            S3Error(.malformedPOSTRequest)
        case .fieldRepeated(let name):
            .invalidArgument("A form's field may be there once.", name: name, value: "")
        case .fieldsTooLarge, .tooManyFields: S3Error(.maxPostPreDataLengthExceeded)
        case .fileMissing: S3Error(.incorrectNumberOfFiles)
        }
    }
}
