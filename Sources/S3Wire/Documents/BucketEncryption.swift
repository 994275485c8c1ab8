/// `ServerSideEncryptionConfiguration`: how a bucket's objects are encrypted by default.
public struct BucketEncryption: Equatable, Sendable {
    /// The default; `nil` where the configuration names none.
    public var byDefault: SSEDefault?
    /// Whether objects under customers' keys are refused.
    public var blocksCustomerKeys: Bool
    /// `BucketKeyEnabled` as it was set: it is given back whatever the default is, and means
    /// something for SSE-KMS alone.
    private let bucketKeyEnabled: Bool

    /// A configuration from its parts.
    public init(byDefault: SSEDefault?, blocksCustomerKeys: Bool = false) {
        var enabled = false
        if case .sseKMS(_, let bucketKeyEnabled) = byDefault { enabled = bucketKeyEnabled }
        self.init(byDefault, blocksCustomerKeys, bucketKeyEnabled: enabled)
    }

    private init(
        _ byDefault: SSEDefault?,
        _ blocksCustomerKeys: Bool,
        bucketKeyEnabled: Bool
    ) {
        self.byDefault = byDefault
        self.blocksCustomerKeys = blocksCustomerKeys
        self.bucketKeyEnabled = bucketKeyEnabled
    }

    /// Reads the body of PutBucketEncryption.
    ///
    /// The key's id is kept as sent: whether it exists is found out when an object is written.
    ///
    /// - Throws: `MalformedXML` (also for more or less than one rule, and unknown elements),
    ///   `InvalidArgument` for a key id with AES256, `NotImplemented` for `aws:kms:dsse`.
    public init(xml: [UInt8]) throws(S3Error) {
        let rule: Rule
        do throws(XMLError) {
            var reader = try XMLReader(xml)
            rule = try Rule(configuration: &reader)
            try reader.finish()
        } catch {
            throw error.response
        }
        self.init(nil, rule.blocksCustomerKeys, bucketKeyEnabled: rule.bucketKeyEnabled)
        switch rule.algorithm {
        case nil: break
        case "AES256":
            guard rule.keyID == nil else {
                throw S3Error(
                    .invalidArgument,
                    "a KMSMasterKeyID is not applicable if the default sse algorithm is not "
                        + "aws:kms or aws:kms:dsse",
                    details: [.init("ArgumentName", "ApplyServerSideEncryptionByDefault")]
                )
            }
            byDefault = .sseS3
        case "aws:kms":
            byDefault = .sseKMS(keyID: rule.keyID, bucketKeyEnabled: rule.bucketKeyEnabled)
        case "aws:kms:dsse": throw .notImplemented(header: SSEHeader.encryption)
        default: throw S3Error(.malformedXML)
        }
    }

    private struct Rule {
        var algorithm: String?
        var keyID: String?
        var bucketKeyEnabled = false
        var blocksCustomerKeys = false

        init(configuration reader: inout XMLReader) throws(XMLError) {
            try reader.root("ServerSideEncryptionConfiguration")
            var count = 0
            while let name = try reader.child() {
                count += 1
                guard name == "Rule", count == 1 else { throw .elementUnexpected(name) }
                try readRule(&reader)
            }
            guard count == 1 else { throw .elementMissing("Rule") }
        }

        private mutating func readRule(_ reader: inout XMLReader) throws(XMLError) {
            while let name = try reader.child() {
                switch name {
                case "ApplyServerSideEncryptionByDefault": try readDefault(&reader)
                case "BucketKeyEnabled": bucketKeyEnabled = try reader.flag(name)
                case "BlockedEncryptionTypes":
                    while let member = try reader.child() {
                        guard member == "EncryptionType" else { throw .elementUnexpected(member) }
                        switch try reader.text() {
                        case "NONE": break
                        case "SSE-C": blocksCustomerKeys = true
                        default: throw .valueInvalid(member)
                        }
                    }
                default: throw .elementUnexpected(name)
                }
            }
        }

        private mutating func readDefault(_ reader: inout XMLReader) throws(XMLError) {
            while let name = try reader.child() {
                switch name {
                case "SSEAlgorithm": algorithm = try reader.text()
                case "KMSMasterKeyID":
                    keyID = try reader.nonEmptyText()
                    // It is shown in a header of answers: no line end may come in by it.
                    guard keyID?.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) ?? true,
                        keyID?.utf8.count ?? 0 <= 2048
                    else { throw .valueInvalid(name) }
                default: throw .elementUnexpected(name)
                }
            }
            guard algorithm != nil else { throw .elementMissing("SSEAlgorithm") }
        }
    }
}

extension BucketEncryption: XMLWritable {
    /// Writes the root element with all that it holds.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("ServerSideEncryptionConfiguration")
        writer.open("Rule")
        if let byDefault {
            writer.open("ApplyServerSideEncryptionByDefault")
            switch byDefault {
            case .sseS3: writer.element("SSEAlgorithm", "AES256")
            case .sseKMS(let keyID, _):
                writer.element("SSEAlgorithm", "aws:kms")
                writer.optionalElement("KMSMasterKeyID", keyID)
            }
            writer.close("ApplyServerSideEncryptionByDefault")
        }
        writer.element("BucketKeyEnabled", bucketKeyEnabled)
        if blocksCustomerKeys {
            writer.open("BlockedEncryptionTypes")
            writer.element("EncryptionType", "SSE-C")
            writer.close("BlockedEncryptionTypes")
        }
        writer.close("Rule")
        writer.close("ServerSideEncryptionConfiguration")
    }
}
