/// `DeleteResult`: the answer of DeleteObjects.
public struct DeletionResult: Equatable, Sendable {
    /// An object that was removed, or was not there.
    public struct Deleted: Hashable, Sendable {
        /// The key.
        public var key: String
        /// The version that the request named.
        public var versionID: String?
        /// What became of versions; both `nil` where none are kept.
        public var outcome: VersionOutcome

        /// An object from its parts.
        public init(
            key: String,
            versionID: String? = nil,
            outcome: VersionOutcome = VersionOutcome()
        ) {
            self.key = key
            self.versionID = versionID
            self.outcome = outcome
        }
    }

    /// An object that could not be removed.
    public struct Failure: Equatable, Sendable {
        /// The key.
        public var key: String
        /// The version that the request named.
        public var versionID: String?
        /// The error's code, as `AccessDenied`.
        public var code: String
        /// The error's message.
        public var message: String

        /// A failure from its parts.
        public init(key: String, versionID: String? = nil, code: String, message: String) {
            self.key = key
            self.versionID = versionID
            self.code = code
            self.message = message
        }
    }

    /// What was removed, or was not there; nothing where the request was quiet.
    public var deleted: [Deleted]
    /// The objects that could not be removed.
    public var failures: [Failure]

    /// An answer from its parts.
    public init(deleted: [Deleted] = [], failures: [Failure] = []) {
        self.deleted = deleted
        self.failures = failures
    }
}

extension DeletionResult: XMLWritable {
    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("DeleteResult")
        for object in deleted {
            writer.open("Deleted")
            writer.element("Key", object.key)
            writer.optionalElement("VersionId", object.versionID)
            if object.outcome.isDeleteMarker {
                writer.element("DeleteMarker", true)
                writer.optionalElement("DeleteMarkerVersionId", object.outcome.versionID)
            }
            writer.close("Deleted")
        }
        for failure in failures {
            writer.open("Error")
            writer.element("Key", failure.key)
            writer.optionalElement("VersionId", failure.versionID)
            writer.element("Code", failure.code)
            writer.element("Message", failure.message)
            writer.close("Error")
        }
        writer.close("DeleteResult")
    }
}

extension DeletionResult: XMLReadable {
    /// Reads the root element.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init()
        try reader.root("DeleteResult")
        while let name = try reader.child() {
            switch name {
            case "Deleted": deleted.append(try Deleted(children: &reader))
            case "Error": failures.append(try Failure(children: &reader))
            default: try reader.skip()
            }
        }
    }
}

extension DeletionResult.Deleted {
    fileprivate init(children reader: inout XMLReader) throws(XMLError) {
        self.init(key: "")
        while let name = try reader.child() {
            switch name {
            case "Key": key = try reader.text()
            case "VersionId": versionID = try reader.nonEmptyText()
            case "DeleteMarker": outcome.isDeleteMarker = try reader.flag(name)
            case "DeleteMarkerVersionId": outcome.versionID = try reader.nonEmptyText()
            default: try reader.skip()
            }
        }
    }
}

extension DeletionResult.Failure {
    fileprivate init(children reader: inout XMLReader) throws(XMLError) {
        self.init(key: "", code: "", message: "")
        while let name = try reader.child() {
            switch name {
            case "Key": key = try reader.text()
            case "VersionId": versionID = try reader.nonEmptyText()
            case "Code": code = try reader.text()
            case "Message": message = try reader.text()
            default: try reader.skip()
            }
        }
    }
}
