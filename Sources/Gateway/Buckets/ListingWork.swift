import Encoding
import HTTPWire
import S3Wire

/// Listings of objects and uploads: plaintext sizes and ETags for every mode, without a customer's
/// key, without the KMS and without a look at any object.
enum ListingWork {
    static func objects(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        let parameters = try ObjectListParameters(request.query)
        var start: (after: String?, token: String?)
        switch parameters.start {
        case .version1(let marker): start = (marker.isEmpty ? nil : marker, nil)
        case .version2(let startAfter, let token): start = (startAfter, try token.map(decode))
        }
        let query = StoreRequest.query([
            ("list-type", "2"), ("encoding-type", "url"), ("prefix", parameters.prefix),
            ("delimiter", parameters.delimiter), ("start-after", start.after),
            ("continuation-token", start.token), ("max-keys", String(parameters.maxKeys)),
        ])
        let reply = try await request.succeed(
            StoreRequest(.get, bucket: request.bucket, query: query)
        )
        var listing = try ControlRequest.parse(ObjectListing.self, reply.body)
        var opener = ListingOpener(request.services, bucket: request.bucket)
        for index in listing.entries.indices {
            try await opener.open(&listing.entries[index])
            if parameters.fetchesOwner { listing.entries[index].owner = request.owner }
        }
        present(&listing, parameters, request)
        return .xml(listing)
    }

    /// Puts the store's page in the terms that the client asked in.
    private static func present(
        _ listing: inout ObjectListing,
        _ parameters: ObjectListParameters,
        _ request: ControlRequest
    ) {
        listing.bucket = request.bucket
        listing.prefix = parameters.prefix
        listing.delimiter = parameters.delimiter
        listing.maxKeys = parameters.maxKeys
        listing.encodesKeys = parameters.encodesKeys
        var next: String?
        if case .version2(_, _, let token) = listing.paging { next = token }
        switch parameters.start {
        case .version1(let marker):
            let last = max(
                listing.entries.last?.key ?? "",
                listing.commonPrefixes.last ?? "",
                by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            )
            let named = listing.isTruncated && parameters.delimiter != nil
            listing.paging = .version1(marker: marker, next: named ? last : nil)
        case .version2(let startAfter, let token):
            listing.paging = .version2(
                startAfter: startAfter,
                token: token,
                nextToken: listing.isTruncated ? next.map(encode) : nil
            )
        }
    }

    static func uploads(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        let parameters = try UploadListParameters(request.query)
        let query = StoreRequest.query([
            ("uploads", ""), ("encoding-type", "url"), ("prefix", parameters.prefix),
            ("delimiter", parameters.delimiter), ("key-marker", parameters.keyMarker),
            ("upload-id-marker", parameters.uploadIDMarker),
            ("max-uploads", String(parameters.maxUploads)),
        ])
        let reply = try await request.succeed(
            StoreRequest(.get, bucket: request.bucket, query: query)
        )
        var listing = try ControlRequest.parse(UploadListing.self, reply.body)
        listing.bucket = request.bucket
        listing.encodesKeys = parameters.encodesKeys
        listing.maxUploads = parameters.maxUploads
        for index in listing.uploads.indices {
            listing.uploads[index].metadata = nil
            listing.uploads[index].storageClass = "STANDARD"
            listing.uploads[index].owner = request.owner
        }
        return .xml(listing)
    }

    // Tokens are the store's; encoded, so that clients don't take them for keys.
    private static func encode(_ token: String) -> String { Base64.encode(token.utf8, as: .url) }

    private static func decode(_ token: String) throws(S3Error) -> String {
        guard let bytes = Base64.decode(token, as: .url),
            let text = String(utf8: bytes), !text.isEmpty
        else {
            throw .invalidArgument(
                "The continuation token provided is incorrect",
                name: "continuation-token",
                value: token
            )
        }
        return text
    }

    private static func max(
        _ left: String,
        _ right: String,
        by precedes: (String, String) -> Bool
    ) -> String {
        precedes(left, right) ? right : left
    }
}
