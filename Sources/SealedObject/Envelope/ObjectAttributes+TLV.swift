internal import Encoding

extension ObjectAttributes {
    /// Reads padded attributes: `u16 type ‖ u32 length ‖ value`, type 0 = padding to the end.
    ///
    /// - Throws: `.attributesTruncated`, `.attributePaddingInvalid`, `.attributeCritical`,
    ///   `.attributeInvalid`, `.attributeRepeated`.
    public init(parsing padded: [UInt8]) throws(SealedObjectError) {
        self.init()
        var cursor = ByteCursor(padded)
        while cursor.remaining > 0 {
            // Padding may leave less than a type.
            guard let type = cursor.readInteger(UInt16.self), type != 0 else {
                let padding = padded[min(cursor.offset, padded.count)...]
                guard padding.allSatisfy({ $0 == 0 }) else { throw .attributePaddingInvalid }
                return
            }
            guard let value = cursor.readPrefixed(limit: cursor.remaining) else {
                throw .attributesTruncated
            }
            try take(type, value)
        }
    }

    /// The attributes, ascending by type, padded with zeros to a multiple of 32 bytes.
    ///
    /// - Throws: `.attributesTooLarge` over `limit` bytes; `.attributeInvalid` for a metadata
    ///   field without a name; `.attributeRepeated` for two checksums of one algorithm.
    func encode(limit: Int) throws(SealedObjectError) -> [UInt8] {
        var bytes: [UInt8] = []
        for type in AttributeType.allCases { try append(type, to: &bytes) }
        for other in others {
            bytes.append(bigEndian: other.type)
            bytes.append(prefixed: other.value)
        }
        let rest = bytes.count % Self.paddingUnit
        if rest > 0 {
            bytes.append(contentsOf: repeatElement(0, count: Self.paddingUnit - rest))
        }
        guard bytes.count <= limit else { throw .attributesTooLarge }
        return bytes
    }

    private func append(
        _ type: AttributeType,
        to bytes: inout [UInt8]
    ) throws(SealedObjectError) {
        let number = type.rawValue
        switch type {
        case .checksum:
            guard !checksums.isEmpty else { return }
            guard Set(checksums.map(\.algorithm)).count == checksums.count else {
                throw .attributeRepeated(number)
            }
            for checksum in checksums {
                bytes.append(bigEndian: number)
                bytes.append(bigEndian: UInt32(truncatingIfNeeded: 2 + checksum.value.count))
                bytes.append(checksum.algorithm.rawValue)
                bytes.append(checksum.scope.rawValue)
                bytes += checksum.value
            }
        case .tableID:
            guard let tableID else { return }
            bytes.append(bigEndian: number)
            bytes.append(prefixed: tableID.bytes)
        case .userMetadata:
            for field in userMetadata {
                guard !field.name.isEmpty else { throw .attributeInvalid(number) }
                Self.append(number, field.name, field.value, to: &bytes)
            }
        case .tag:
            guard !tags.isEmpty else { return }
            guard Set(tags.map(\.key)).count == tags.count else {
                throw .attributeRepeated(number)
            }
            for tag in tags {
                guard !tag.key.isEmpty else { throw .attributeInvalid(number) }
                Self.append(number, tag.key, tag.value, to: &bytes)
            }
        default:
            guard let text = text(of: type) else { return }
            bytes.append(bigEndian: number)
            bytes.append(prefixed: text.utf8)
        }
    }

    private static func append(
        _ number: UInt16,
        _ name: String,
        _ text: String,
        to bytes: inout [UInt8]
    ) {
        let count = 8 + name.utf8.count + text.utf8.count
        bytes.append(bigEndian: number)
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: count))
        bytes.append(prefixed: name.utf8)
        bytes.append(prefixed: text.utf8)
    }

    private func text(of type: AttributeType) -> String? {
        switch type {
        case .contentType: contentType
        case .contentEncoding: contentEncoding
        case .contentLanguage: contentLanguage
        case .contentDisposition: contentDisposition
        case .cacheControl: cacheControl
        case .expires: expires
        case .entityTag: entityTag
        case .websiteRedirect: websiteRedirect
        case .storageClass: storageClass
        case .uploadID: uploadID
        case .checksum, .tableID, .tag, .userMetadata: nil
        }
    }

    private mutating func take(
        _ number: UInt16,
        _ value: ArraySlice<UInt8>
    ) throws(SealedObjectError) {
        guard let type = AttributeType(rawValue: number) else {
            guard number & AttributeType.criticalBit == 0 else { throw .attributeCritical(number) }
            others.append(Other(type: number, value: Array(value)))
            // Insertion keeps the order of equal types, which may mean something.
            var index = others.count - 1
            while index > 0, others[index - 1].type > number {
                others.swapAt(index, index - 1)
                index -= 1
            }
            return
        }
        switch type {
        case .contentType: try Self.take(type, value, as: &contentType)
        case .contentEncoding: try Self.take(type, value, as: &contentEncoding)
        case .contentLanguage: try Self.take(type, value, as: &contentLanguage)
        case .contentDisposition: try Self.take(type, value, as: &contentDisposition)
        case .cacheControl: try Self.take(type, value, as: &cacheControl)
        case .expires: try Self.take(type, value, as: &expires)
        case .entityTag: try Self.take(type, value, as: &entityTag)
        case .websiteRedirect: try Self.take(type, value, as: &websiteRedirect)
        case .storageClass: try Self.take(type, value, as: &storageClass)
        case .uploadID: try Self.take(type, value, as: &uploadID)
        case .checksum: try takeChecksum(value)
        case .tableID:
            guard tableID == nil else { throw .attributeRepeated(number) }
            guard value.count == Identifier.count else { throw .attributeInvalid(number) }
            tableID = try Identifier(value)
        case .tag:
            let (key, text) = try Self.pair(value, type)
            guard !tags.contains(where: { $0.key == key }) else {
                throw .attributeRepeated(number)
            }
            tags.append(Tag(key: key, value: text))
        case .userMetadata:
            let (name, text) = try Self.pair(value, type)
            userMetadata.append(UserMetadata(name: name, value: text))
        }
    }

    private static func take(
        _ type: AttributeType,
        _ value: ArraySlice<UInt8>,
        as text: inout String?
    ) throws(SealedObjectError) {
        guard text == nil else { throw .attributeRepeated(type.rawValue) }
        guard let value = String(utf8: value) else { throw .attributeInvalid(type.rawValue) }
        text = value
    }

    private mutating func takeChecksum(_ value: ArraySlice<UInt8>) throws(SealedObjectError) {
        let number = AttributeType.checksum.rawValue
        var cursor = ByteCursor(value)
        guard let algorithm = cursor.readInteger(UInt8.self).flatMap(ObjectChecksum.Algorithm.init),
            let scope = cursor.readInteger(UInt8.self).flatMap(ObjectChecksum.Scope.init)
        else { throw .attributeInvalid(number) }
        guard !checksums.contains(where: { $0.algorithm == algorithm }) else {
            throw .attributeRepeated(number)
        }
        checksums.append(
            try ObjectChecksum(algorithm, scope, value: Array(value.dropFirst(2)))
        )
    }

    /// Two texts, each behind its length, of which the first isn't empty.
    private static func pair(
        _ value: ArraySlice<UInt8>,
        _ type: AttributeType
    ) throws(SealedObjectError) -> (String, String) {
        var cursor = ByteCursor(value)
        guard let nameBytes = cursor.readPrefixed(limit: value.count),
            let name = String(utf8: nameBytes), !name.isEmpty,
            let textBytes = cursor.readPrefixed(limit: value.count),
            let text = String(utf8: textBytes), cursor.remaining == 0
        else { throw .attributeInvalid(type.rawValue) }
        return (name, text)
    }
}
