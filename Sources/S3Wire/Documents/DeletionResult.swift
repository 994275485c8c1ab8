/// `DeleteResult`: the answer of DeleteObjects.
public struct DeletionResult: Equatable, Sendable {
    /// An object that could not be removed.
    public struct Failure: Equatable, Sendable {
        /// The key.
        public var key: String
        /// The error's code, as `AccessDenied`.
        public var code: String
        /// The error's message.
        public var message: String

        /// A failure from its parts.
        public init(key: String, code: String, message: String) {
            self.key = key
            self.code = code
            self.message = message
        }
    }

    /// The keys removed, or that were not there; none where the request was quiet.
    public var deleted: [String]
    /// The objects that could not be removed.
    public var failures: [Failure]

    /// An answer from its parts.
    public init(deleted: [String] = [], failures: [Failure] = []) {
        self.deleted = deleted
        self.failures = failures
    }
}

extension DeletionResult: XMLWritable {
    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("DeleteResult")
        for key in deleted {
            writer.open("Deleted")
            writer.element("Key", key)
            writer.close("Deleted")
        }
        for failure in failures {
            writer.open("Error")
            writer.element("Key", failure.key)
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
            case "Deleted", "Error":
                var failure = Failure(key: "", code: "", message: "")
                while let child = try reader.child() {
                    switch child {
                    case "Key": failure.key = try reader.text()
                    case "Code": failure.code = try reader.text()
                    case "Message": failure.message = try reader.text()
                    default: try reader.skip()
                    }
                }
                if name == "Error" {
                    failures.append(failure)
                } else {
                    deleted.append(failure.key)
                }
            default: try reader.skip()
            }
        }
    }
}
