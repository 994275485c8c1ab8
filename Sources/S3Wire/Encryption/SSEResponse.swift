internal import Encoding
public import HTTPWire

/// The encryption headers of an answer.
public struct SSEResponse: Equatable, Sendable {
    /// What was stored, as far as answers show it.
    public enum Stored: Equatable, Sendable {
        /// Not encrypted.
        case none
        /// SSE-S3.
        case sseS3
        /// SSE-KMS; the id as the client gave it, or the default's; the context as canonical JSON.
        case sseKMS(keyID: String, context: String?, bucketKeyEnabled: Bool)
        /// SSE-C; the key's MD5, base64, `nil` where the request carried no key.
        case customer(keyDigest: String?)
    }

    /// Which answer it is.
    public enum Answer: CaseIterable, Sendable {
        /// PutObject, forms, CopyObject, CreateMultipartUpload.
        case write
        /// GetObject, HeadObject with 200 or 206; UploadPart(Copy), CompleteMultipartUpload.
        case readOrPart
        /// Anything else, errors and 304: no encryption headers at all.
        case other
    }

    /// What was stored.
    public var stored: Stored
    /// The profile.
    public var compatibility: Compatibility
    /// The default KMS key's id, which some profiles name on SSE-S3 answers.
    public var defaultKeyID: String?

    /// An answer's headers from what was stored.
    public init(stored: Stored, compatibility: Compatibility, defaultKeyID: String? = nil) {
        self.stored = stored
        self.compatibility = compatibility
        self.defaultKeyID = defaultKeyID
    }

    /// Adds the headers.
    public func append(to fields: inout HTTPFields, for answer: Answer) {
        guard answer != .other else { return }
        switch stored {
        case .none: break
        case .sseS3:
            fields.append(SSEHeader.encryption, "AES256")
            if compatibility.namesKeyOfSSES3, let defaultKeyID {
                fields.append(SSEHeader.keyID, defaultKeyID)
            }
        case .sseKMS(let keyID, let context, let bucketKeyEnabled):
            fields.append(SSEHeader.encryption, "aws:kms")
            fields.append(SSEHeader.keyID, keyID)
            if bucketKeyEnabled { fields.append(SSEHeader.bucketKeyEnabled, "true") }
            if answer == .write, let context {
                fields.append(SSEHeader.context, Base64.encode(context.utf8))
            }
        case .customer(let keyDigest):
            guard let keyDigest else { break }
            fields.append(SSEHeader.Customer.object.algorithm, "AES256")
            fields.append(SSEHeader.Customer.object.digest, keyDigest)
        }
    }
}
