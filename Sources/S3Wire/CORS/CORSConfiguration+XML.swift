internal import HTTPWire

extension CORSConfiguration {
    /// Reads the body of PutBucketCors.
    ///
    /// - Throws: `MalformedXML`, also for a rule without origin or method and for elements that
    ///   aren't known; `InvalidRequest` with what a rule may not say; `EntityTooLarge`.
    public init(xml: [UInt8]) throws(S3Error) {
        guard xml.count <= Self.documentBytesMax else { throw S3Error(.entityTooLarge) }
        let drafts: [Draft]
        do throws(XMLError) {
            var reader = try XMLReader(xml)
            drafts = try Self.drafts(&reader)
            try reader.finish()
        } catch {
            throw error.response
        }
        guard !drafts.isEmpty else { throw S3Error(.malformedXML) }
        guard drafts.count <= Self.ruleCountMax else {
            throw S3Error(
                .invalidRequest,
                "The number of CORS rules should not exceed allowed limit of "
                    + "\(Self.ruleCountMax) rules."
            )
        }
        var rules: [CORSRule] = []
        for draft in drafts { rules.append(try draft.rule()) }
        self.init(rules: rules)
    }

    private static func drafts(_ reader: inout XMLReader) throws(XMLError) -> [Draft] {
        var drafts: [Draft] = []
        try reader.root("CORSConfiguration")
        while let name = try reader.child() {
            guard name == "CORSRule" else { throw .elementUnexpected(name) }
            var draft = Draft()
            while let member = try reader.child() { try draft.read(member, &reader) }
            drafts.append(draft)
        }
        return drafts
    }

    /// A rule as it stands in the document.
    private struct Draft {
        private var id: String?
        private var origins: [String] = []
        private var methods: [String] = []
        private var headers: [String] = []
        private var exposedHeaders: [String] = []
        private var ageSecondsMax: Int?

        mutating func read(_ name: String, _ reader: inout XMLReader) throws(XMLError) {
            switch name {
            case "AllowedHeader": headers.append(try reader.text())
            case "AllowedMethod": methods.append(try reader.text())
            case "AllowedOrigin": origins.append(try reader.text())
            case "ExposeHeader": exposedHeaders.append(try reader.text())
            case "ID":
                id = try reader.nonEmptyText()
                guard id?.utf8.count ?? 0 <= 255 else { throw .valueInvalid(name) }
            case "MaxAgeSeconds":
                let seconds = try reader.integer(name)
                guard seconds >= 0, seconds <= Int(Int32.max) else { throw .valueInvalid(name) }
                ageSecondsMax = seconds
            default: throw .elementUnexpected(name)
            }
        }

        func rule() throws(S3Error) -> CORSRule {
            guard !origins.isEmpty, !methods.isEmpty else { throw S3Error(.malformedXML) }
            if let method = methods.first(where: { !CORSConfiguration.methods.contains($0) }) {
                throw S3Error(
                    .invalidRequest,
                    "Found unsupported HTTP method in CORS config. Unsupported method is \(method)"
                )
            }
            // They stand in fields of answers: nothing but a field's name may.
            for name in exposedHeaders where !HTTPFieldRules.isName(name.utf8.span) {
                throw Self.refusal("ExposeHeader", name, "is not the name of a header.")
            }
            if let name = exposedHeaders.first(where: { $0.utf8.contains(UInt8(ascii: "*")) }) {
                throw Self.refusal(
                    "ExposeHeader",
                    name,
                    "contains wildcard. We currently do not support wildcard for ExposeHeader."
                )
            }
            return CORSRule(
                id: id,
                origins: try Self.patterns(origins, "AllowedOrigin"),
                methods: methods,
                headers: try Self.patterns(headers, "AllowedHeader", isLowered: true),
                exposedHeaders: exposedHeaders,
                ageSecondsMax: ageSecondsMax
            )
        }

        private static func patterns(
            _ texts: [String],
            _ element: String,
            isLowered: Bool = false
        ) throws(S3Error) -> [CORSPattern] {
            var patterns: [CORSPattern] = []
            for text in texts {
                guard let pattern = CORSPattern(text, isLowered: isLowered) else {
                    throw refusal(element, text, "can not have more than one wildcard.")
                }
                patterns.append(pattern)
            }
            return patterns
        }

        private static func refusal(_ element: String, _ text: String, _ what: String) -> S3Error {
            S3Error(.invalidRequest, "\(element) \"\(text)\" \(what)")
        }
    }
}

extension CORSConfiguration: XMLWritable {
    /// Writes the root element with all rules.
    public func write(to writer: inout XMLWriter) {
        writer.openRoot("CORSConfiguration")
        for rule in rules {
            writer.open("CORSRule")
            writer.optionalElement("ID", rule.id)
            for pattern in rule.origins { writer.element("AllowedOrigin", pattern.text) }
            for method in rule.methods { writer.element("AllowedMethod", method) }
            for pattern in rule.headers { writer.element("AllowedHeader", pattern.text) }
            for name in rule.exposedHeaders { writer.element("ExposeHeader", name) }
            if let seconds = rule.ageSecondsMax { writer.element("MaxAgeSeconds", seconds) }
            writer.close("CORSRule")
        }
        writer.close("CORSConfiguration")
    }
}
