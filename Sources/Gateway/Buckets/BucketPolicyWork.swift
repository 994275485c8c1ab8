import HTTPWire
import Policy
import S3Wire

/// GetBucketPolicy, GetBucketPolicyStatus, PutBucketPolicy, DeleteBucketPolicy.
enum BucketPolicyWork {
    static func get(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        ControlAnswer(
            fields: HTTPFields([("content-type", "application/json")]),
            body: try await policy(request).json
        )
    }

    static func status(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        let isPublic = try await policy(request).document.isPublic
        var writer = XMLWriter(capacity: 256)
        writer.openRoot("PolicyStatus")
        writer.element("IsPublic", isPublic)
        writer.close("PolicyStatus")
        return .xml(writer.bytes)
    }

    /// Takes a policy that is understood whole and names only senders that there are: a name with
    /// a slip in it would deny nobody.
    static func put(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        let policy = try BucketPolicy(json: request.body, bucket: request.bucket)
        let known = Set(request.services.credentials.map(\.id))
        if let stranger = policy.document.principals.subtracting(known).min() {
            throw S3Error(.malformedPolicy, "Invalid principal in policy: \(stranger)")
        }
        try await request.services.settings.set(.policy, of: request.bucket, policy.json)
        return .status(204)
    }

    static func delete(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        try await request.services.settings.remove(.policy, of: request.bucket)
        return .status(204)
    }

    private static func policy(_ request: ControlRequest) async throws(S3Error) -> BucketPolicy {
        try await request.requireBucket()
        let settings = try await request.services.settings.load(request.bucket)
        guard let policy = try settings.policy() else {
            throw S3Error(
                .noSuchBucketPolicy,
                details: [.init("BucketName", request.bucket)]
            )
        }
        return policy
    }
}
