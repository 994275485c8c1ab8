import Daemon
import HTTPWire
import S3Wire
import SealedObject

/// An upload whose own key was unwrapped.
struct OpenedUpload: Sendable {
    let upload: OpenUpload
    let objectKey: ObjectEncryptionKey
    /// What Create was told of the object; sealed in the upload's envelope.
    let attributes: ObjectAttributes
    /// The KMS key behind it; empty for SSE-S3 and SSE-C.
    let kmsKeyID: String
    /// The use of that key; `nil` for SSE-C.
    let keyUse: AuditKeyUse?
    /// The key that wraps it, to wrap it anew; `nil` for SSE-C.
    let wrapping: WrappingKey?

    init(_ upload: OpenUpload, _ opened: OpenedObject) throws(S3Error) {
        guard let objectKey = opened.objectKey else { throw S3Error(.internalError) }
        self.upload = upload
        self.objectKey = objectKey
        attributes = opened.attributes
        kmsKeyID = opened.kmsKeyID
        keyUse = opened.keyUse
        wrapping = opened.wrapping(nil)
    }

    /// The key id for the audit stream.
    func keyID(_ services: GatewayServices) -> String? {
        switch upload.envelope.mode {
        case .s3: services.defaultKeyID
        case .kms: kmsKeyID
        case .customer: nil
        }
    }

    /// Adds the encryption headers of UploadPart and Complete.
    func describe(
        in fields: inout HTTPFields,
        _ customer: CustomerKeyHolder?,
        _ services: GatewayServices
    ) {
        let stored = upload.envelope.reference.stored(
            kmsKeyID: kmsKeyID,
            customerDigest: customer?.md5
        )
        services.sseResponse(stored).append(to: &fields, for: .readOrPart)
    }
}

extension LoopContext {
    /// Unwraps an upload's key.
    ///
    /// - Parameters:
    ///   - upload: the upload.
    ///   - customer: the customer's key, where its mode is SSE-C.
    ///   - rights: which keys whoever asks may use.
    ///   - completion: called on this loop; a wrong customer key is E17's `InvalidRequest`.
    func open(
        _ upload: OpenUpload,
        customer: CustomerKeyHolder?,
        rights: KeyRights,
        then completion: @escaping (Result<OpenedUpload, S3Error>) -> Void
    ) {
        open(
            FoundObject(upload),
            bucket: upload.bucket,
            key: upload.key,
            customer: customer,
            rights: rights,
            wants: .objectKey
        ) { result in
            switch result {
            case .success(let opened):
                completion(
                    Result { () throws(S3Error) in try OpenedUpload(upload, opened) }
                )
            case .failure(.refused(SSEError.wrongCustomerKeyOnRead)):
                completion(.failure(SSEError.wrongCustomerKeyOnPart))
            case .failure(.refused(let error)): completion(.failure(error))
            case .failure(.broken(let fault)): completion(.failure(S3Error(fault)))
            }
        }
    }
}

extension FoundObject {
    /// An upload, opened by the same steps as an object.
    convenience init(_ upload: OpenUpload) {
        self.init(
            envelope: upload.envelope,
            storeETag: "",
            storedCount: 0,
            lastModified: upload.initiated
        )
    }
}
