/// Why a policy isn't taken: one case for each way to be wrong, with what is wrong.
public enum PolicyError: Error, Equatable, Sendable {
    /// A statement has neither `Action` nor `NotAction`, or both.
    case actionMissing
    /// No action of S3 has that name.
    case actionUnknown(String)
    /// Every action of that pattern is done to something else than the statement's resources.
    case actionWithoutResource(String)
    /// A condition key that isn't known.
    case conditionKeyUnknown(String)
    /// `Condition` isn't an object of objects.
    case conditionMalformed
    /// A value that the condition's operator can't compare with.
    case conditionValueInvalid(key: String, value: String)
    /// `Effect` is neither `Allow` nor `Deny`.
    case effectInvalid
    /// An element that isn't known, or not in that place.
    case elementUnknown(String)
    /// An element that has another form than it must have.
    case elementMalformed(String)
    /// Not JSON (RFC 8259), or not an object.
    case notJSON
    /// An operator that isn't known.
    case operatorUnknown(String)
    /// An operator that can't look at that key.
    case operatorUnfit(String, key: String)
    /// A principal that nobody can be.
    case principalInvalid(String)
    /// A bucket's policy has a statement without a principal, or a credential's one with it.
    case principalMisplaced
    /// `NotPrincipal` in a statement that allows.
    case principalNegated
    /// A resource that isn't one of S3, or of another bucket.
    case resourceInvalid(String)
    /// A statement names actions, or resources, of S3 and of the KMS.
    case servicesMixed
    /// A bucket's policy names actions of the KMS: those belong in credentials' policies.
    case serviceMisplaced(String)
    /// A statement has neither `Resource` nor `NotResource`, or both.
    case resourceMissing
    /// There is no statement.
    case statementMissing
    /// The document is over its limit.
    case tooLarge
    /// A policy variable, `${…}`.
    case variableUnsupported(String)
    /// A version of the language that isn't known.
    case versionUnknown(String)
}

extension PolicyError {
    /// What is wrong, for who wrote the policy.
    public var explanation: String {
        switch self {
        case .actionMissing: "A statement must have either Action or NotAction"
        case .actionUnknown(let name): "Policy has invalid action: \(name)"
        case .actionWithoutResource(let name):
            "Action does not apply to any resource(s) in statement: \(name)"
        case .conditionKeyUnknown(let name): "Policy has an invalid condition key: \(name)"
        case .conditionMalformed:
            "Condition must be an object of operators, each an object of condition keys"
        case .conditionValueInvalid(let key, let value):
            "Policy has an invalid value for \(key): \(value)"
        case .effectInvalid: "Effect must be Allow or Deny"
        case .elementMalformed(let name): "Policy element has an invalid form: \(name)"
        case .elementUnknown(let name): "Unknown field \(name)"
        case .notJSON: "Policies must be valid JSON and the first byte must be '{'"
        case .operatorUnfit(let name, let key): "Condition operator \(name) can't compare \(key)"
        case .operatorUnknown(let name): "Invalid condition operator: \(name)"
        case .principalInvalid(let name): "Invalid principal in policy: \(name)"
        case .principalMisplaced:
            "A bucket's policy must have a Principal in each statement, another one in none"
        case .principalNegated: "NotPrincipal may stand in statements that deny only"
        case .resourceInvalid(let name): "Policy has invalid resource: \(name)"
        case .serviceMisplaced(let name):
            "Actions of the KMS belong in a credential's policy, not in a bucket's: \(name)"
        case .servicesMixed:
            "A statement must be about s3 or about kms, not both: write one for each"
        case .resourceMissing: "A statement must have either Resource or NotResource"
        case .statementMissing: "Missing required field Statement"
        case .tooLarge:
            "Policies must not be larger than \(PolicyDocument.byteCountMax) bytes"
        case .variableUnsupported(let text): "Policy variables are not supported: \(text)"
        case .versionUnknown(let version):
            "The policy must contain a valid version string: \(version)"
        }
    }
}
