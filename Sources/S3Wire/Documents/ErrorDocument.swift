/// `Error`: what another S3 server answered.
public struct ErrorDocument: Equatable, Sendable, XMLReadable {
    /// The code as sent; `knownCode` where it is one of ours.
    public var code: String
    /// The message.
    public var message: String
    /// The resource, where one is named.
    public var resource: String?
    /// The request's id there.
    public var requestID: String?

    /// The code as Sealgate's own, else `nil`.
    public var knownCode: S3ErrorCode? { S3ErrorCode(rawValue: code) }

    /// A document from its parts.
    public init(
        code: String,
        message: String = "",
        resource: String? = nil,
        requestID: String? = nil
    ) {
        self.code = code
        self.message = message
        self.resource = resource
        self.requestID = requestID
    }

    /// Reads the root element.
    public init(from reader: inout XMLReader) throws(XMLError) {
        self.init(code: "")
        try reader.root("Error")
        while let name = try reader.child() {
            switch name {
            case "Code": code = try reader.text()
            case "Message": message = try reader.text()
            case "Resource": resource = try reader.nonEmptyText()
            case "RequestId": requestID = try reader.nonEmptyText()
            default: try reader.skip()
            }
        }
        guard !code.isEmpty else { throw .elementMissing("Code") }
    }
}
