import Encoding
import HTTPWire
import S3Wire

extension ControlRequest {
    /// A condition of a Complete that didn't hold: `ConditionalRequestConflict` where the key was
    /// written since the upload began, so that only a new upload can go on from there.
    ///
    /// The listing tells times more exactly than an object's header does. Source: Amazon S3 API
    /// Reference, CompleteMultipartUpload, `If-Match` and `If-None-Match`.
    func conflict(_ error: S3Error, since begin: Timestamp) async -> S3Error {
        guard error.code == .preconditionFailed, let written = await lastWrite(), written > begin
        else { return error }
        return S3Error(.conditionalRequestConflict, details: [.init("Key", key)])
    }

    /// When the key's object was written; `nil` where that can't be told.
    private func lastWrite() async -> Timestamp? {
        let query = StoreRequest.query([
            ("list-type", "2"), ("encoding-type", "url"), ("prefix", key), ("max-keys", "1"),
        ])
        let request = StoreRequest(.get, bucket: bucket, query: query)
        guard let reply = try? await succeed(request),
            let entry = try? ControlRequest.parse(ObjectListing.self, reply.body).entries.first
        else { return nil }
        return entry.key == key ? entry.lastModified : nil
    }
}
