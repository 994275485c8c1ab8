import HTTPWire
import S3Wire
import SealedObject

extension ControlRequest {
    /// An upload with its parts, as the store has them.
    func listParts(
        marker: Int = 0,
        max: Int = 10_000
    ) async throws(S3Error) -> (upload: OpenUpload, listing: PartListing) {
        let uploadID = query["uploadId"] ?? ""
        guard UploadID.isWellFormed(uploadID) else { throw S3Error(.noSuchUpload) }
        let reply = try await succeed(
            StoreRequest(
                .get,
                bucket: bucket,
                key: key,
                query: "uploadId=\(uploadID)&part-number-marker=\(marker)&max-parts=\(max)"
                    + "&encoding-type=url"
            )
        )
        let listing = try Self.parse(PartListing.self, reply.body)
        return (try OpenUpload(listing, uploadID, bucket: bucket, key: key), listing)
    }

    /// Unwraps an upload's key; for SSE-C with the customer's key.
    func open(
        _ upload: OpenUpload,
        customer: CustomerKeyHolder?
    ) async throws(S3Error) -> OpenedUpload {
        let opened: OpenedObject
        do throws(S3Error) {
            opened = try await open(FoundObject(upload), bucket, key, customer, withKey: true)
        } catch SSEError.wrongCustomerKeyOnRead {
            throw SSEError.wrongCustomerKeyOnPart
        }
        return try OpenedUpload(upload, opened)
    }
}
