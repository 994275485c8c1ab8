/// The types of attributes (docs/format.md, "Attributes").
enum AttributeType: UInt16, CaseIterable {
    case contentType = 1
    case contentEncoding = 2
    case contentLanguage = 3
    case contentDisposition = 4
    case cacheControl = 5
    case expires = 6
    case userMetadata = 7
    case checksum = 8
    case entityTag = 9
    case tableID = 10
    case websiteRedirect = 11
    case storageClass = 12
    case tag = 13
    case uploadID = 16

    /// Types with this bit set are refused where they aren't known.
    static let criticalBit: UInt16 = 0x8000
}
