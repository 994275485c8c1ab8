/// A policy: statements that allow or deny, in the language of AWS' policies.
///
/// Source: IAM User Guide, "IAM JSON policy element reference" and "Policy evaluation logic". What
/// isn't understood whole is refused when it is read, so that no part of a policy lacks effect.
public struct PolicyDocument: Equatable, Sendable {
    /// The most bytes of a policy: 20 KiB.
    public static let byteCountMax = 20_480

    static let resourcePrefix = "arn:aws:s3:::"
    static let keyPrefix = "arn:aws:kms:::key/"

    /// Whether something is allowed or denied.
    public enum Effect: Sendable {
        /// It may be done.
        case allow
        /// It may not be done, whatever else allows it.
        case deny
    }

    let statements: [PolicyStatement]

    /// A policy of the statements of several.
    public init(joining documents: [PolicyDocument]) {
        statements = documents.flatMap(\.statements)
    }

    /// A credential's policy that allows actions of the KMS on every key.
    public init(allowing actions: Set<PolicyAction>) {
        statements = [
            PolicyStatement(
                effect: .allow,
                principal: nil,
                actions: actions.filter { $0.service == .kms },
                resources: [PolicyPattern(Self.keyPrefix + "*")],
                isResourceNegated: false,
                conditions: []
            )
        ]
    }

    init(statements: [PolicyStatement]) { self.statements = statements }

    /// What the policy says of a request; `nil` where it says nothing.
    public func effect(on request: PolicyRequest) -> Effect? {
        var found: Effect?
        for statement in statements where statement.applies(to: request) {
            guard statement.effect == .allow else { return .deny }
            found = .allow
        }
        return found
    }

    /// The ids of all senders that statements name.
    public var principals: Set<String> {
        statements.reduce(into: []) { ids, statement in
            if case .these(let named) = statement.principal?.who { ids.formUnion(named) }
        }
    }

    /// Whether it allows anything to everybody, from everywhere.
    public var isPublic: Bool { statements.contains { $0.isPublic } }
}

/// One statement of a policy.
struct PolicyStatement: Equatable, Sendable {
    /// Who a statement is about.
    struct Principal: Equatable, Sendable {
        enum Who: Equatable, Sendable {
            case everybody
            case these(Set<String>)
        }

        var who: Who
        var isNegated: Bool

        func matches(_ id: String?) -> Bool {
            let isNamed =
                switch who {
                case .everybody: true
                case .these(let ids): id.map(ids.contains) ?? false
                }
            return isNamed != isNegated
        }
    }

    var effect: PolicyDocument.Effect
    /// `nil` in a credential's own policy.
    var principal: Principal?
    /// All that it is about: `NotAction` is turned round already.
    var actions: Set<PolicyAction>
    var resources: [PolicyPattern]
    var isResourceNegated: Bool
    var conditions: [PolicyCondition]

    func applies(to request: PolicyRequest) -> Bool {
        guard actions.contains(request.action), principal?.matches(request.principal) ?? true,
            resources.contains(where: { names($0, request) }) != isResourceNegated
        else { return false }
        var isUncertain = false
        for condition in conditions {
            switch condition.holds(in: request.context) {
            case true: continue
            case false: return false
            case nil: isUncertain = true
            }
        }
        // What can't be compared denies where it might, and allows nothing.
        return !isUncertain || effect == .deny
    }

    /// Whether a pattern is one of the names of what is asked for.
    private func names(_ pattern: PolicyPattern, _ request: PolicyRequest) -> Bool {
        pattern.matches(request.resource) || request.aliases.contains { pattern.matches($0) }
    }

    var isPublic: Bool {
        guard effect == .allow, let principal, !principal.isNegated, principal.who == .everybody
        else { return false }
        return !conditions.contains { $0.narrowsSenders }
    }
}
