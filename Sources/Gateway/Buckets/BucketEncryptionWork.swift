import S3Wire

/// GetBucketEncryption, PutBucketEncryption, DeleteBucketEncryption.
enum BucketEncryptionWork {
    /// What a write gets that asks for nothing: the bucket's choice, else the gateway's; neither
    /// has one where such a write is refused.
    static func get(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        let settings = try await request.services.settings.load(request.bucket)
        let gatewayDefault = request.services.sse.gatewayDefault
        guard var encryption = try settings.encryption() else {
            guard let gatewayDefault else {
                throw S3Error(
                    .serverSideEncryptionConfigurationNotFound,
                    details: [.init("BucketName", request.bucket)]
                )
            }
            return .xml(BucketEncryption(byDefault: gatewayDefault))
        }
        encryption.byDefault = encryption.byDefault ?? gatewayDefault
        return .xml(encryption)
    }

    static func put(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        try request.requireIntegrity()
        let encryption = try BucketEncryption(xml: request.body)
        try await request.services.settings.set(.encryption, of: request.bucket, encryption.xml)
        return ControlAnswer()
    }

    static func delete(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        try await request.services.settings.remove(.encryption, of: request.bucket)
        return .status(204)
    }
}
