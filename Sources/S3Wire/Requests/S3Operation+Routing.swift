public import HTTPWire

extension S3Operation {
    /// Chooses the operation that a request asks for.
    ///
    /// A sub-resource that isn't known never becomes a listing, a read or a write. `x-id` and all
    /// other parameters from `x-` on are left aside, but for those that would be headers which
    /// decide what is stored and how.
    ///
    /// - Parameters:
    ///   - method: the request's.
    ///   - target: the request's.
    ///   - fields: the request's; `x-amz-copy-source` and `x-amz-write-offset-bytes` matter.
    ///   - isDialect: whether the local dialect's own operations are known.
    /// - Returns: the operation; whether it is served is the caller's to say.
    /// - Throws: `NotImplemented` for what isn't known, `MethodNotAllowed`, `InvalidArgument` for
    ///   sub-resources that exclude each other.
    public static func of(
        method: HTTPMethod,
        target: S3Target,
        fields: HTTPFields,
        isDialect: Bool = false
    ) throws(S3Error) -> S3Operation {
        if method == .options { return .preflightRequest }
        let table =
            target.bucket == nil
            ? serviceSubResources
            : target.key == nil ? bucketSubResources : objectSubResources
        let name = try subResource(of: target, in: table, method: method, isDialect: isDialect)
        if let name, let subResource = table[name] {
            guard let operation = subResource.operation(for: method) else {
                throw S3Error(.methodNotAllowed)
            }
            return try refined(operation, target: target, fields: fields)
        }
        if target.bucket == nil {
            guard method == .get else { throw S3Error(.methodNotAllowed) }
            return .listBuckets
        }
        if target.key == nil { return try bucketOperation(method, target) }
        return try objectOperation(method, target, fields)
    }

    private static func bucketOperation(
        _ method: HTTPMethod,
        _ target: S3Target
    ) throws(S3Error) -> S3Operation {
        switch method {
        case .get:
            switch target.query["list-type"] {
            case nil: return .listObjects
            case "2": return .listObjectsV2
            case let other?:
                throw .invalidArgument(
                    "Invalid List Type specified in Request",
                    name: "list-type",
                    value: other
                )
            }
        case .put: return .createBucket
        case .head: return .headBucket
        case .delete: return .deleteBucket
        case .post: return .postObject
        case .options, .other: throw S3Error(.methodNotAllowed)
        }
    }

    private static func objectOperation(
        _ method: HTTPMethod,
        _ target: S3Target,
        _ fields: HTTPFields
    ) throws(S3Error) -> S3Operation {
        switch method {
        case .get: return .getObject
        case .head: return .headObject
        case .delete: return .deleteObject
        case .put:
            if let number = target.query["partNumber"] {
                throw .invalidArgument(
                    "This operation needs an uploadId.",
                    name: "partNumber",
                    value: number
                )
            }
            if fields.contains("x-amz-write-offset-bytes") {
                throw .notImplemented(header: "x-amz-write-offset-bytes")
            }
            return fields.contains("x-amz-copy-source") ? .copyObject : .putObject
        case .post, .options, .other: throw S3Error(.methodNotAllowed)
        }
    }

    /// The operation as the rest of the request makes it.
    private static func refined(
        _ operation: S3Operation,
        target: S3Target,
        fields: HTTPFields
    ) throws(S3Error) -> S3Operation {
        let hasID = target.query.contains("id")
        switch operation {
        case .uploadPart:
            guard target.query.contains("partNumber") else {
                throw .invalidArgument(
                    "This operation needs a partNumber.",
                    name: "partNumber",
                    value: "null"
                )
            }
            return fields.contains("x-amz-copy-source") ? .uploadPartCopy : .uploadPart
        case .getBucketAnalyticsConfiguration where !hasID:
            return .listBucketAnalyticsConfigurations
        case .getBucketIntelligentTieringConfiguration where !hasID:
            return .listBucketIntelligentTieringConfigurations
        case .getBucketInventoryConfiguration where !hasID:
            return .listBucketInventoryConfigurations
        case .getBucketMetricsConfiguration where !hasID:
            return .listBucketMetricsConfigurations
        default: return operation
        }
    }

    /// The one sub-resource that the query names, `nil` where it names none.
    private static func subResource(
        of target: S3Target,
        in table: [String: SubResource],
        method: HTTPMethod,
        isDialect: Bool
    ) throws(S3Error) -> String? {
        var found: String?
        for parameter in target.query.parameters {
            let name = parameter.name
            if name.hasPrefix("sealgate-"), !isDialect { throw S3Error(.notImplemented) }
            if table[name] != nil {
                if let other = found, other != name {
                    throw .invalidArgument(
                        "Conflicting query string parameters: \(other), \(name)",
                        name: "ResourceType",
                        value: name
                    )
                }
                found = name
            } else if try !isHarmless(parameter, method: method) {
                throw S3Error(
                    .notImplemented,
                    "A query parameter you provided implies functionality that is not implemented",
                    details: [.init("QueryParameter", name)]
                )
            }
        }
        return found
    }

    /// Whether a parameter that is no sub-resource may be left aside.
    ///
    /// Readers add parameters of their own against caches, always with a value; a name alone, and
    /// any name on a write, may be an operation that S3 got since.
    private static func isHarmless(
        _ parameter: S3Query.Parameter,
        method: HTTPMethod
    ) throws(S3Error) -> Bool {
        if plainParameters.contains(parameter.name) { return true }
        let name = parameter.name.lowercased()
        if name.hasPrefix("x-amz-server-side-encryption")
            || name.hasPrefix("x-amz-copy-source")
        {
            throw S3Error(
                .invalidRequest,
                "The header \(name) must be sent as a header, not in the query.",
                details: [.init("Header", name)]
            )
        }
        if name.hasPrefix("x-") { return true }
        guard method == .get || method == .head else { return false }
        let known = bucketSubResources[parameter.name] ?? objectSubResources[parameter.name]
        return known == nil && !parameter.value.isEmpty
    }
}
