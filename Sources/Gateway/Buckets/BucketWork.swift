import HTTPWire
import S3Wire

/// Operations on buckets.
enum BucketWork {
    static func list(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        let reply = try await request.succeed(StoreRequest(.get))
        var listing = try ControlRequest.parse(BucketListing.self, reply.body)
        listing.owner = request.owner
        return .xml(listing)
    }

    static func create(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try BucketName.validate(request.bucket)
        if !request.body.isEmpty {
            let configuration = try request.document(BucketConfiguration.self)
            try requireRegion(configuration, request)
        }
        _ = try await request.succeed(StoreRequest(.put, bucket: request.bucket))
        return ControlAnswer(fields: HTTPFields([("location", "/\(request.bucket)")]))
    }

    private static func requireRegion(
        _ configuration: BucketConfiguration,
        _ request: ControlRequest
    ) throws(S3Error) {
        guard let constraint = configuration.locationConstraint, !constraint.isEmpty else { return }
        guard request.services.options.regions.contains(constraint) else {
            throw S3Error(
                .invalidLocationConstraint,
                details: [.init("LocationConstraint", constraint)]
            )
        }
    }

    static func head(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        let region = request.services.options.regions.first ?? ""
        return ControlAnswer(fields: HTTPFields([("x-amz-bucket-region", region)]))
    }

    static func delete(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        _ = try await request.succeed(StoreRequest(.delete, bucket: request.bucket))
        return .status(204)
    }

    static func location(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        let region = request.services.options.regions.first ?? "us-east-1"
        return .xml(BucketLocation(region: region))
    }

    /// The gateway's default, since buckets have none of their own: the truth of what a write gets.
    static func encryption(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        guard let byDefault = request.services.sse.gatewayDefault else {
            throw S3Error(
                .serverSideEncryptionConfigurationNotFound,
                details: [.init("BucketName", request.bucket)]
            )
        }
        return .xml(BucketEncryption(byDefault: byDefault))
    }
}
