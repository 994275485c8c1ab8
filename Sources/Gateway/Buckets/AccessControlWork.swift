import HTTPWire
import S3Wire

/// Access control lists: probes with a fixed answer, for clients that ask before they write.
enum AccessControlWork {
    static func get(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        return .xml(AccessControlPolicy(owner: request.owner))
    }

    /// Takes what says no more than what is; anything else has no effect here, and is refused.
    static func put(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        let canned = request.fields["x-amz-acl"]
        guard canned == nil || canned == "private" || canned == "bucket-owner-full-control" else {
            throw S3Error(.accessControlListNotSupported)
        }
        return ControlAnswer()
    }
}
