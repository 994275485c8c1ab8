import Encoding
import S3Wire
import SealedObject

/// What a multipart upload is: its envelope, which never changes while the upload is open.
struct OpenUpload: Sendable {
    var bucket: String
    var key: String
    var uploadID: String
    var envelope: Envelope
    var initiated: Timestamp
}

/// Envelopes of uploads seen lately, so that a part costs one request to the store.
///
/// Bound to an event loop. It holds no keys. An upload that was aborted meanwhile is refused by the
/// store itself.
final class UploadCache {
    private var uploads: BoundedCache<String, OpenUpload>

    init(limit: Int) { uploads = BoundedCache(limit: limit) }

    /// The upload of that id, as long as bucket and key are its own.
    func find(_ uploadID: String, bucket: String, key: String) -> OpenUpload? {
        guard let upload = uploads[uploadID], upload.bucket == bucket, upload.key == key else {
            return nil
        }
        return upload
    }

    func keep(_ upload: OpenUpload) { uploads.insert(upload.uploadID, upload) }

    func forget(_ uploadID: String) { uploads.remove(uploadID) }
}
