public import HTTPWire

/// Which version a request read, made or removed, as the header fields of its answer tell it.
public struct VersionOutcome: Hashable, Sendable {
    /// The field that names the version.
    public static let versionField = "x-amz-version-id"
    /// The field that says that it is a delete marker.
    public static let markerField = "x-amz-delete-marker"

    /// The version; `nil` in a bucket that keeps none.
    public var versionID: String?
    /// Whether it is a delete marker.
    public var isDeleteMarker: Bool

    /// An outcome from its parts.
    public init(versionID: String? = nil, isDeleteMarker: Bool = false) {
        self.versionID = versionID
        self.isDeleteMarker = isDeleteMarker
    }

    /// The outcome that the fields of an answer tell of.
    public init(_ fields: HTTPFields) {
        versionID = fields[Self.versionField]
        isDeleteMarker = fields[Self.markerField] == "true"
    }

    /// Adds the fields that tell of it.
    public func append(to fields: inout HTTPFields) {
        if let versionID { fields.append(Self.versionField, versionID) }
        if isDeleteMarker { fields.append(Self.markerField, "true") }
    }
}
