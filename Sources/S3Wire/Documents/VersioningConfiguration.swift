/// Whether a bucket keeps the versions that writes replace.
public enum BucketVersioning: String, CaseIterable, Sendable {
    /// It never kept any: each key has one object, whose version id is `null`.
    case unversioned = ""
    /// Every write makes a version of its own.
    case enabled = "Enabled"
    /// Versions stay, and every write replaces the one whose id is `null`.
    case suspended = "Suspended"
}

/// `VersioningConfiguration`: a bucket's versioning, as it is set and as it is answered.
public struct VersioningConfiguration: Equatable, Sendable {
    /// The state; `.unversioned` where the document has none.
    public var status: BucketVersioning
    /// Whether `MfaDelete` is `Enabled`, which needs hardware that isn't here.
    public var wantsMFADelete: Bool

    /// A configuration from its parts.
    public init(status: BucketVersioning, wantsMFADelete: Bool = false) {
        self.status = status
        self.wantsMFADelete = wantsMFADelete
    }

    /// The state that a request asks for.
    ///
    /// - Throws: `IllegalVersioningConfigurationException` without a state, `NotImplemented`
    ///   for `MfaDelete`.
    public func requested() throws(S3Error) -> BucketVersioning {
        guard !wantsMFADelete else {
            throw S3Error(.notImplemented, "MfaDelete is not offered")
        }
        guard status != .unversioned else {
            throw S3Error(.illegalVersioningConfiguration)
        }
        return status
    }
}

extension VersioningConfiguration: XMLWritable {
    /// Writes the root element; one without children for a bucket that is unversioned.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("VersioningConfiguration")
        if status != .unversioned { writer.element("Status", status.rawValue) }
        writer.close("VersioningConfiguration")
    }
}

extension VersioningConfiguration: XMLReadable {
    /// Reads the root element.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init(status: .unversioned)
        try reader.root("VersioningConfiguration")
        while let name = try reader.child() {
            switch name {
            case "Status":
                let text = try reader.text()
                guard let status = BucketVersioning(rawValue: text), status != .unversioned else {
                    throw .valueInvalid(name)
                }
                self.status = status
            case "MfaDelete":
                switch try reader.text() {
                case "Enabled": wantsMFADelete = true
                case "Disabled": break
                default: throw .valueInvalid(name)
                }
            default: throw .elementUnexpected(name)
            }
        }
    }
}
