import HTTPWire
import S3Wire

/// Access control lists: probes with a fixed answer, for clients that ask before they write.
enum AccessControlWork {
    static func get(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireTarget()
        return .xml(AccessControlPolicy(owner: request.owner))
    }

    /// Takes what says no more than what is; anything else has no effect here, and is refused.
    static func put(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireTarget()
        try requirePrivate(request.fields)
        if !request.body.isEmpty {
            let policy = try request.document(AccessControlPolicy.self)
            guard policy.grantsOwnerAlone else { throw S3Error(.accessControlListNotSupported) }
        }
        return ControlAnswer()
    }

    /// Refuses headers that grant access to others: nobody but the credentials ever has any.
    static func requirePrivate(_ fields: HTTPFields) throws(S3Error) {
        let canned = fields["x-amz-acl"] ?? "private"
        guard canned == "private" || canned == "bucket-owner-full-control",
            !fields.contains(prefix: "x-amz-grant-")
        else { throw S3Error(.accessControlListNotSupported) }
    }
}
