public import Crypto

/// What sealing or opening an object may fail with: one case for each rejection.
public enum SealedObjectError: Error, Equatable, Sendable {
    /// The attribute box doesn't open: key, context or bytes differ.
    case attributeBoxRefused
    /// A critical attribute's type isn't known.
    case attributeCritical(UInt16)
    /// An attribute's value doesn't have its type's form.
    case attributeInvalid(UInt16)
    /// Bytes other than zero stand in the attributes' padding.
    case attributePaddingInvalid
    /// An attribute that may stand once stands twice.
    case attributeRepeated(UInt16)
    /// The attributes are over their limit.
    case attributesTooLarge
    /// An attribute ends behind the end of all attributes.
    case attributesTruncated
    /// The commitment isn't the one that the key gives.
    case commitmentMismatch
    /// A cryptographic operation failed for another reason than the bytes.
    case crypto(CryptoError)
    /// A bit of the envelope's flags isn't known, or doesn't go with the mode.
    case envelopeFlagsInvalid(UInt8)
    /// The envelope's lengths don't add up, or are over their limits.
    case envelopeLengthInvalid
    /// The envelope's mode isn't known.
    case envelopeModeUnknown(UInt8)
    /// A field that must be zeros isn't.
    case envelopeReservedNotZero
    /// The envelope's text isn't base64url.
    case envelopeTextInvalid
    /// The envelope's version isn't known.
    case envelopeVersionUnknown(UInt8)
    /// A well-formed header isn't the one that the envelope or the part table promises.
    case headerMismatch
    /// The stream doesn't begin with "SGW1".
    case headerMagicInvalid
    /// A field of the header that must be zero isn't.
    case headerReservedNotZero
    /// An argument has a length that its meaning doesn't allow.
    case lengthInvalid
    /// The key box doesn't open: its bytes were changed.
    case keyBoxRefused
    /// The key check differs: a wrong key, or another bucket, key or mode.
    case keyCheckMismatch
    /// The KEK reference doesn't have the form that its mode asks for.
    case keyReferenceInvalid
    /// The output of the stream wasn't all taken.
    case outputPending
    /// A number of parts outside 1...10,000, or one that doesn't go with the length.
    case partCountInvalid
    /// A part number outside 1...10,000, or set where there is none.
    case partNumberInvalid(UInt32)
    /// The part record's lengths don't add up, or are over their limits.
    case partRecordLengthInvalid
    /// The part record doesn't open: key, place or bytes differ.
    case partRecordRefused
    /// The part record's version isn't known.
    case partRecordVersionUnknown(UInt8)
    /// The part table's length isn't the one of its count.
    case partTableLengthInvalid
    /// The part table doesn't begin with "SGWM", version 1.
    case partTableMagicInvalid
    /// The part table isn't the one that the envelope names.
    case partTableMismatch
    /// The part table's parts don't ascend.
    case partTableOrderInvalid
    /// The part table doesn't open: key, object or bytes differ.
    case partTableRefused
    /// A plaintext length over its limit.
    case plaintextCountInvalid
    /// More plaintext came than the stream's length.
    case plaintextTooLong
    /// Less plaintext came than the stream's length.
    case plaintextTooShort
    /// A range that is empty or isn't inside the object.
    case rangeInvalid
    /// A segment doesn't open: key, order or bytes differ.
    case segmentRefused(Int)
    /// The segment size isn't 64 KiB.
    case segmentSizeUnknown(UInt8)
    /// The length of a bucket's setting is over its limit, or too small for a record.
    case settingLengthInvalid
    /// The record of a bucket's setting doesn't open: key, place or bytes differ.
    case settingRefused
    /// The record isn't one of a bucket's setting.
    case settingTypeUnknown(UInt8)
    /// A stored length that no plaintext has, or not the one of this object.
    case storedCountInvalid
    /// More stored bytes came than the stream has.
    case storedTooLong
    /// Fewer stored bytes came than the stream has.
    case storedTruncated
    /// The kind of stream isn't known.
    case streamKindUnknown(UInt8)
    /// The suite isn't known.
    case suiteUnknown(UInt8)
}
