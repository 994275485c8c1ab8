internal import Encoding

extension PolicyDocument {
    /// Whose policy is read.
    public enum Owner: Equatable, Sendable {
        /// A bucket: each statement names principals, and resources of that bucket alone.
        case bucket(String)
        /// A credential: no statement names a principal.
        case credential
    }

    /// Reads a policy.
    ///
    /// - Parameters:
    ///   - json: the document, at most 20 KiB.
    ///   - owner: whose it is.
    /// - Throws: the first thing wrong; nothing that isn't understood is left aside.
    public init(json: [UInt8], of owner: Owner) throws(PolicyError) {
        guard json.count <= Self.byteCountMax else { throw .tooLarge }
        let limits = JSONLimits(sizeMax: Self.byteCountMax, depthMax: 8)
        guard let document = try? JSONValue(reading: json, limits: limits),
            let members = document.object
        else { throw .notJSON }
        var statements: [JSONValue] = []
        for member in members {
            switch member.name {
            case "Id": guard member.value.string != nil else { throw .elementMalformed("Id") }
            case "Statement": statements = member.value.array ?? [member.value]
            case "Version":
                let version = member.value.string ?? ""
                guard ["2008-10-17", "2012-10-17"].contains(version) else {
                    throw .versionUnknown(version)
                }
            default: throw .elementUnknown(member.name)
            }
        }
        guard !statements.isEmpty else { throw .statementMissing }
        var read: [PolicyStatement] = []
        for statement in statements {
            guard let members = statement.object else { throw .elementMalformed("Statement") }
            read.append(try PolicyStatement(members, of: owner))
        }
        self.init(statements: read)
    }
}

extension PolicyStatement {
    private static let elements: Set<String> = [
        "Action", "Condition", "Effect", "NotAction", "NotPrincipal", "NotResource", "Principal",
        "Resource", "Sid",
    ]

    fileprivate init(
        _ members: [JSONMember],
        of owner: PolicyDocument.Owner
    ) throws(PolicyError) {
        var found: [String: JSONValue] = [:]
        for member in members {
            guard Self.elements.contains(member.name) else { throw .elementUnknown(member.name) }
            found[member.name] = member.value
        }
        if let sid = found["Sid"], sid.string == nil { throw .elementMalformed("Sid") }
        let effect: PolicyDocument.Effect
        switch found["Effect"]?.string {
        case "Allow": effect = .allow
        case "Deny": effect = .deny
        default: throw .effectInvalid
        }
        let principal = try Self.principal(found, effect, owner)
        let (patterns, actions, service) = try Self.actions(found)
        if case .bucket = owner, service == .kms {
            throw .serviceMisplaced(patterns.first ?? "kms")
        }
        let (resources, isResourceNegated) = try Self.resources(found, owner, service)
        if case .bucket(let bucket) = owner, !isResourceNegated, found["NotAction"] == nil {
            try Self.requireUse(of: patterns, resources, bucket)
        }
        self.init(
            effect: effect,
            principal: principal,
            actions: actions,
            resources: resources,
            isResourceNegated: isResourceNegated,
            conditions: try Self.conditions(found["Condition"])
        )
    }

    // MARK: Principals

    private static func principal(
        _ found: [String: JSONValue],
        _ effect: PolicyDocument.Effect,
        _ owner: PolicyDocument.Owner
    ) throws(PolicyError) -> Principal? {
        let plain = found["Principal"]
        let negated = found["NotPrincipal"]
        guard owner != .credential else {
            guard plain == nil, negated == nil else { throw .principalMisplaced }
            return nil
        }
        guard (plain == nil) != (negated == nil), let value = plain ?? negated else {
            throw .principalMisplaced
        }
        guard negated == nil || effect == .deny else { throw .principalNegated }
        let who = try who(value)
        // Who isn't anybody is nobody: the statement would have no effect.
        guard negated == nil || who != .everybody else { throw .principalInvalid("*") }
        return Principal(who: who, isNegated: negated != nil)
    }

    private static func who(_ value: JSONValue) throws(PolicyError) -> Principal.Who {
        if value.string == "*" { return .everybody }
        guard let members = value.object, !members.isEmpty else {
            throw .principalInvalid(value.string ?? "")
        }
        var ids: Set<String> = []
        for member in members {
            guard member.name == "AWS" || member.name == "CanonicalUser" else {
                throw .principalInvalid(member.name)
            }
            for name in try texts(member.value, "Principal") {
                if name == "*", member.name == "AWS" { return .everybody }
                ids.insert(try id(name))
            }
        }
        return .these(ids)
    }

    /// The sender's id that a principal names: alone, or as `arn:aws:iam:::user/ID`.
    private static func id(_ name: String) throws(PolicyError) -> String {
        let prefix = "arn:aws:iam:::user/"
        let id = name.hasPrefix(prefix) ? String(name.dropFirst(prefix.count)) : name
        let isPlain = id.utf8.allSatisfy {
            $0 > 0x20 && $0 != 0x7f && $0 != UInt8(ascii: "*") && $0 != UInt8(ascii: "?")
        }
        guard !id.isEmpty, isPlain, !id.hasPrefix("arn:") else { throw .principalInvalid(name) }
        return id
    }

    // MARK: Actions and resources

    private static func actions(
        _ found: [String: JSONValue]
    ) throws(PolicyError) -> (
        patterns: [String], all: Set<PolicyAction>, service: PolicyAction.Service?
    ) {
        let plain = found["Action"]
        let negated = found["NotAction"]
        guard (plain == nil) != (negated == nil), let value = plain ?? negated else {
            throw .actionMissing
        }
        let patterns = try texts(value, "Action")
        var all: Set<PolicyAction> = []
        var service: PolicyAction.Service?
        for pattern in patterns {
            if let own = try PolicyAction.service(pattern) {
                guard service == nil || service == own else { throw .servicesMixed }
                service = own
            }
            let named = PolicyAction.named(pattern)
            guard !named.isEmpty else { throw .actionUnknown(pattern) }
            all.formUnion(named)
        }
        guard negated == nil else {
            // All others of the same service: who leaves out S3's gets none of the KMS.
            let others = PolicyAction.allCases.filter {
                $0.service == service ?? .s3 && !all.contains($0)
            }
            return (patterns, Set(others), service)
        }
        return (patterns, all, service)
    }

    private static func resources(
        _ found: [String: JSONValue],
        _ owner: PolicyDocument.Owner,
        _ service: PolicyAction.Service?
    ) throws(PolicyError) -> (patterns: [PolicyPattern], isNegated: Bool) {
        let plain = found["Resource"]
        let negated = found["NotResource"]
        guard (plain == nil) != (negated == nil), let value = plain ?? negated else {
            throw .resourceMissing
        }
        var patterns: [PolicyPattern] = []
        for name in try texts(value, "Resource") {
            guard !name.contains("${") else { throw .variableUnsupported(name) }
            guard fits(name, service) else { throw .servicesMixed }
            guard name.utf8.count <= 2048, isResource(name, owner) else {
                throw .resourceInvalid(name)
            }
            patterns.append(PolicyPattern(name))
        }
        return (patterns, negated != nil)
    }

    /// Whether a resource isn't the other service's.
    private static func fits(_ name: String, _ service: PolicyAction.Service?) -> Bool {
        switch service {
        case .kms: !name.hasPrefix("arn:aws:s3:")
        case .s3: !name.hasPrefix("arn:aws:kms:")
        case nil: true
        }
    }

    private static func isResource(_ name: String, _ owner: PolicyDocument.Owner) -> Bool {
        switch owner {
        case .credential:
            return name == "*" || name.hasPrefix(PolicyDocument.resourcePrefix)
                || name.hasPrefix(PolicyDocument.keyPrefix)
        case .bucket(let bucket):
            let own = PolicyDocument.resourcePrefix + bucket
            guard name.hasPrefix(own) else { return false }
            let rest = name.dropFirst(own.count)
            return rest.isEmpty || rest.hasPrefix("/") || rest.hasPrefix("*")
        }
    }

    /// Refuses an action that none of the resources fits: the statement would have no effect.
    private static func requireUse(
        of patterns: [String],
        _ resources: [PolicyPattern],
        _ bucket: String
    ) throws(PolicyError) {
        let own = PolicyDocument.resourcePrefix + bucket
        let hasBucket = resources.contains { $0.matches(own) }
        let hasObjects = resources.contains {
            $0.text.hasPrefix(own + "/") || $0.text.hasPrefix(own + "*")
        }
        for pattern in patterns {
            let isUsed = PolicyAction.named(pattern).contains { action in
                switch action.level {
                case .bucket: hasBucket
                case .key: false
                case .object: hasObjects
                case .service: false
                }
            }
            guard isUsed else { throw .actionWithoutResource(pattern) }
        }
    }

    // MARK: Conditions

    private static func conditions(
        _ value: JSONValue?
    ) throws(PolicyError) -> [PolicyCondition] {
        guard let value else { return [] }
        guard let operators = value.object else { throw .conditionMalformed }
        var conditions: [PolicyCondition] = []
        for member in operators {
            let comparing = try PolicyOperator(named: member.name)
            guard let keys = member.value.object, !keys.isEmpty else { throw .conditionMalformed }
            for entry in keys {
                guard let key = PolicyKey.named(entry.name) else {
                    throw .conditionKeyUnknown(entry.name)
                }
                let values = try scalars(entry.value)
                conditions.append(try comparing.condition(key, values))
            }
        }
        return conditions
    }

    /// The values of a condition: text, numbers and truth values, one or several.
    private static func scalars(_ value: JSONValue) throws(PolicyError) -> [String] {
        var texts: [String] = []
        for element in value.array ?? [value] {
            switch element {
            case .string(let text):
                guard !text.contains("${") else { throw .variableUnsupported(text) }
                guard text.utf8.count <= 2048 else { throw .conditionMalformed }
                texts.append(text)
            case .boolean(let flag): texts.append(flag ? "true" : "false")
            case .integer(let number): texts.append(String(number))
            case .number(let number): texts.append(String(number))
            case .array, .null, .object: throw .conditionMalformed
            }
        }
        guard !texts.isEmpty else { throw .conditionMalformed }
        return texts
    }

    /// One text or several, at least one.
    private static func texts(_ value: JSONValue, _ name: String) throws(PolicyError) -> [String] {
        var texts: [String] = []
        for element in value.array ?? [value] {
            guard let text = element.string else { throw .elementMalformed(name) }
            texts.append(text)
        }
        guard !texts.isEmpty else { throw .elementMalformed(name) }
        return texts
    }
}
