import Crypto
import Encoding
import HTTPWire
import S3Wire

/// DeleteObject and DeleteObjects: no key is needed for any mode.
enum DeletionWork {
    static func one(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        guard !request.fields.contains("if-match") else {
            throw .notImplemented(header: "If-Match")
        }
        _ = try await request.succeed(
            StoreRequest(.delete, bucket: request.bucket, key: request.key)
        )
        return .status(204)
    }

    static func many(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try requireIntegrity(request)
        let deletion = try request.document(DeletionRequest.self)
        guard !deletion.objects.isEmpty else { throw S3Error(.malformedXML) }
        let reply = try await request.succeed(
            StoreRequest(
                .post,
                bucket: request.bucket,
                query: "delete",
                body: DeletionRequest(
                    objects: deletion.objects.map { DeletionRequest.Object(key: $0.key) }
                ).xml
            )
        )
        var result = try ControlRequest.parse(DeletionResult.self, reply.body)
        if deletion.isQuiet { result.deleted = [] }
        return .xml(result)
    }

    /// S3 wants a digest of the list, so that a torn one deletes nothing; the payload's own was
    /// compared already.
    private static func requireIntegrity(_ request: ControlRequest) throws(S3Error) {
        let hasChecksum = ChecksumAlgorithm.allCases.contains {
            request.fields.contains($0.fieldName)
        }
        guard hasChecksum || request.fields.contains("content-md5")
            || request.fields.contains("x-amz-trailer")
        else {
            throw S3Error(
                .invalidRequest,
                "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
            )
        }
    }
}
