public import Crypto
internal import Encoding

/// A setting of a bucket as the store keeps it: sealed and bound to its bucket and kind, so that
/// the store can neither read it, nor write one, nor put one in another's place.
///
/// Source: docs/format.md, "Bucket settings".
public struct SealedSetting: Equatable, Sendable {
    private static let type: UInt8 = 3
    private static let label = Array("sgw/v1/setting\0".utf8)
    private static let headerCount = 41

    /// The most bytes of a document: 262,144.
    public static let documentCountMax = 262_144

    /// Whose setting it is, and which.
    public struct Place: Sendable {
        let info: [UInt8]

        /// The place of a bucket's setting of that kind.
        public init(bucket: String, kind: String) {
            var info: [UInt8] = []
            info.append(prefixed: bucket.utf8)
            info.append(prefixed: kind.utf8)
            self.info = info
        }
    }

    /// The id of the attribute key that sealed it.
    public let attributeKeyID: Identifier
    /// The salt that the box's key follows from.
    public let salt: Salt
    /// The sealed document: ciphertext and tag.
    public let box: [UInt8]

    /// Seals a document.
    ///
    /// - Parameters:
    ///   - document: up to 262,144 bytes.
    ///   - place: whose it is.
    ///   - attributeKey: 32 bytes.
    ///   - attributeKeyID: the id of `attributeKey`.
    ///   - salt: fresh for every record; drawn when it isn't given.
    /// - Throws: `.settingLengthInvalid`, `.lengthInvalid`, `.crypto`.
    public init(
        sealing document: [UInt8],
        of place: Place,
        attributeKey: borrowing SecretBytes,
        attributeKeyID: Identifier,
        salt: Salt? = nil
    ) throws(SealedObjectError) {
        guard document.count <= Self.documentCountMax else { throw .settingLengthInvalid }
        let drawn: Salt
        if let salt { drawn = salt } else { drawn = try .random() }
        self.attributeKeyID = attributeKeyID
        self.salt = drawn
        let header = Self.header(attributeKeyID, drawn)
        box = try Box(attributeKey, info: Self.info(drawn, place))
            .seal(document, authenticating: header)
    }

    /// Reads a record without opening its box.
    ///
    /// - Throws: `.settingLengthInvalid`, `.settingTypeUnknown`.
    public init(parsing bytes: [UInt8]) throws(SealedObjectError) {
        var cursor = ByteCursor(bytes)
        guard let type = cursor.readInteger(UInt8.self), let id = cursor.read(Identifier.count),
            let salt = cursor.read(Salt.count)
        else { throw .settingLengthInvalid }
        guard type == Self.type else { throw .settingTypeUnknown(type) }
        let count = cursor.remaining - SealedFormat.tagCount
        guard (0...Self.documentCountMax).contains(count) else { throw .settingLengthInvalid }
        attributeKeyID = try Identifier(id)
        self.salt = try Salt(salt)
        box = Array(bytes[Self.headerCount...])
    }

    /// The record: `3 ‖ attribute key id 16 ‖ salt 24 ‖ box`.
    public var bytes: [UInt8] { Self.header(attributeKeyID, salt) + box }

    /// Opens the box, which proves the whole record and its place.
    ///
    /// - Throws: `.settingRefused`, `.lengthInvalid`, `.crypto`.
    public func open(
        of place: Place,
        attributeKey: borrowing SecretBytes
    ) throws(SealedObjectError) -> [UInt8] {
        let header = Self.header(attributeKeyID, salt)
        let opened = try Box(attributeKey, info: Self.info(salt, place))
            .open(box.span, authenticating: header.span)
        guard let opened else { throw .settingRefused }
        return opened
    }

    private static func header(_ id: Identifier, _ salt: Salt) -> [UInt8] {
        var header = [type]
        id.append(to: &header)
        salt.append(to: &header)
        return header
    }

    private static func info(_ salt: Salt, _ place: Place) -> [UInt8] {
        label + salt.bytes + place.info
    }
}
