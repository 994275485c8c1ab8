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
        // Those of an older bucket of that name, if its deletion got that far and no farther.
        let isStale = try await !request.services.settings.load(request.bucket).isEmpty
        _ = try await request.succeed(StoreRequest(.put, bucket: request.bucket))
        if isStale { try await request.services.settings.removeAll(of: request.bucket) }
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
        do throws(S3Error) {
            _ = try await request.succeed(StoreRequest(.delete, bucket: request.bucket))
        } catch {
            // An attempt that ended between the two is made good.
            if error.code == .noSuchBucket {
                try await request.services.settings.removeAll(of: request.bucket)
            }
            throw error
        }
        try await request.services.settings.removeAll(of: request.bucket)
        return .status(204)
    }

    static func location(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        let region = request.services.options.regions.first ?? "us-east-1"
        return .xml(BucketLocation(region: region))
    }
}
