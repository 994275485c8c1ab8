public import HTTPWire

/// An error as S3 answers it: a status, and an `<Error>` document with a code and a message.
///
/// Nothing in it may hold key material: messages and details are sent to the client and logged.
public struct S3Error: Error, Equatable, Sendable {
    /// An extra element of the `<Error>` document, as `ArgumentName`.
    public struct Detail: Equatable, Sendable {
        /// The element's name.
        public var name: String
        /// The element's text.
        public var value: String

        /// A detail from its parts.
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The code.
    public var code: S3ErrorCode
    /// What `<Message>` says.
    public var message: String
    /// The HTTP status, 400...599; the code's where nothing else was asked.
    public var status: Int
    /// Extra elements, in order.
    public var details: [Detail]
    /// Extra header fields of the answer, as `retry-after`.
    public var fields: HTTPFields
    /// Why, for the log and the audit stream alone; `nil` where the code says it all.
    public var reason: String?

    /// An error; `message` and `status` default to the code's.
    public init(
        _ code: S3ErrorCode,
        _ message: String? = nil,
        details: [Detail] = [],
        fields: HTTPFields = HTTPFields(),
        status: Int? = nil
    ) {
        self.code = code
        self.message = message ?? code.message
        self.status = status ?? code.status
        self.details = details
        self.fields = fields
    }

    /// `InvalidArgument` with `ArgumentName` and `ArgumentValue`.
    public static func invalidArgument(
        _ message: String,
        name: String,
        value: String
    ) -> S3Error {
        S3Error(
            .invalidArgument,
            message,
            details: [Detail("ArgumentName", name), Detail("ArgumentValue", value)]
        )
    }

    /// `PreconditionFailed` that names the `condition` which did not hold.
    public static func preconditionFailed(_ condition: String) -> S3Error {
        S3Error(.preconditionFailed, details: [Detail("Condition", condition)])
    }

    /// `NotImplemented` that names the `header` which asked for too much.
    public static func notImplemented(header: String) -> S3Error {
        S3Error(.notImplemented, details: [Detail("Header", header)])
    }

    /// The value of the first detail of that name.
    public func detail(_ name: String) -> String? {
        details.first { $0.name == name }?.value
    }

    /// The `<Error>` document: code, message, details, resource, request id and host id.
    ///
    /// - Parameters:
    ///   - resource: the path asked for.
    ///   - requestID: as `x-amz-request-id` says it.
    ///   - hostID: as `x-amz-id-2` says it; left out where `nil`.
    /// - Returns: UTF-8 bytes of the document.
    public func document(resource: String, requestID: String, hostID: String? = nil) -> [UInt8] {
        var writer = XMLWriter(capacity: 512)
        writer.open("Error")
        writer.element("Code", code.rawValue)
        writer.element("Message", message)
        for detail in details { writer.element(detail.name, detail.value) }
        writer.element("Resource", resource)
        writer.element("RequestId", requestID)
        if let hostID { writer.element("HostId", hostID) }
        writer.close("Error")
        return writer.bytes
    }
}
