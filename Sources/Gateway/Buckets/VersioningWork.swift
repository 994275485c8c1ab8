import HTTPWire
import S3Wire

/// A bucket's versioning, and the listing of all versions.
enum VersioningWork {
    static func get(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        guard request.services.storeForm.can(.versioning) else {
            return try await ControlWork.fixed(request)
        }
        let reply = try await request.succeed(
            StoreRequest(.get, bucket: request.bucket, query: "versioning")
        )
        return .xml(try ControlRequest.parse(VersioningConfiguration.self, reply.body))
    }

    static func put(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        let state = try request.document(VersioningConfiguration.self).requested()
        try requireVersioning(request)
        _ = try await request.succeed(
            StoreRequest(
                .put,
                bucket: request.bucket,
                query: "versioning",
                body: VersioningConfiguration(status: state).xml
            )
        )
        return .status(200)
    }

    /// Plaintext sizes and ETags of every version, by its own envelope: no key of a customer's, no
    /// KMS, no look at any object.
    static func list(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        let parameters = try VersionListParameters(request.query)
        try requireVersioning(request)
        let query = StoreRequest.query([
            ("versions", ""), ("encoding-type", "url"), ("prefix", parameters.prefix),
            ("delimiter", parameters.delimiter), ("key-marker", parameters.keyMarker),
            ("version-id-marker", parameters.versionIDMarker),
            ("max-keys", String(parameters.maxKeys)),
        ])
        let reply = try await request.send(
            StoreRequest(.get, bucket: request.bucket, query: query)
        )
        guard reply.isSuccess else {
            if reply.status == 400, let marker = parameters.versionIDMarker {
                throw .invalidArgument(
                    "Invalid version id specified",
                    name: "version-id-marker",
                    value: marker
                )
            }
            throw StoreFailure.reply(reply, request.errorScope)
        }
        var listing = try ControlRequest.parse(VersionListing.self, reply.body)
        var opener = ListingOpener(request.services, bucket: request.bucket)
        for index in listing.versions.indices {
            listing.versions[index].object.owner = request.owner
            if listing.versions[index].isDeleteMarker { continue }
            try await opener.open(&listing.versions[index].object)
        }
        listing.bucket = request.bucket
        listing.encodesKeys = parameters.encodesKeys
        return .xml(listing)
    }

    private static func requireVersioning(_ request: ControlRequest) throws(S3Error) {
        guard request.services.storeForm.can(.versioning) else {
            throw S3Error(
                .notImplemented,
                "The storage behind this gateway keeps no versions that it could encrypt"
            )
        }
    }
}
