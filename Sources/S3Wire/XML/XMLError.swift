/// Why a document was refused.
public enum XMLError: Error, Equatable, Sendable {
    /// An attribute isn't `name="value"`.
    case attributeInvalid
    /// A NUL in text, which XML has no way to write.
    case characterInvalid
    /// A document type declaration, which is never read: entities could be defined in it.
    case doctypeRefused
    /// The element isn't there though the document needs it.
    case elementMissing(String)
    /// An element that the document may not have at this place, or not so often.
    case elementUnexpected(String)
    /// The document ends within an element.
    case endUnexpected
    /// A reference to an entity other than the five of XML 1.0.
    case entityUnknown
    /// Markup that isn't XML, as `<` before a space.
    case markupInvalid
    /// An element's name holds a character that names can't hold.
    case nameInvalid
    /// A numeric reference to what isn't a character.
    case referenceInvalid
    /// An end tag that isn't the open element's.
    case tagMismatched
    /// Text where only elements may stand.
    case textUnexpected
    /// More than the permitted depth.
    case tooDeep
    /// More than the permitted bytes.
    case tooLarge
    /// Something behind the root element.
    case trailingContent
    /// Bytes that aren't UTF-8.
    case utf8Invalid
    /// The text of the element isn't what it should hold, as a number.
    case valueInvalid(String)

    /// The answer for a client whose document it was.
    public var response: S3Error {
        self == .tooLarge ? S3Error(.maxMessageLengthExceeded) : S3Error(.malformedXML)
    }
}
