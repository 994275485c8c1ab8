import S3Wire

/// GetBucketCors, PutBucketCors, DeleteBucketCors.
enum BucketCORSWork {
    static func get(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        let settings = try await request.services.settings.load(request.bucket)
        guard let cors = try settings.cors() else {
            throw S3Error(
                .noSuchCORSConfiguration,
                details: [.init("BucketName", request.bucket)]
            )
        }
        return .xml(cors)
    }

    static func put(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        try request.requireIntegrity()
        let document = try CORSConfiguration(xml: request.body).xml
        guard document.count <= CORSConfiguration.documentBytesMax else {
            throw S3Error(.entityTooLarge)
        }
        try await request.services.settings.set(.cors, of: request.bucket, document)
        return ControlAnswer()
    }

    static func delete(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        try await request.services.settings.remove(.cors, of: request.bucket)
        return .status(204)
    }
}
