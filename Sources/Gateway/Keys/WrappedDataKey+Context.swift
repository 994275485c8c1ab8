import KMS
import SealedObject

extension KeyReference.WrappedDataKey {
    /// The encryption context that the client gave; empty where it gave none.
    ///
    /// - Throws: `.contextInvalid`.
    func client() throws(KMSError) -> EncryptionContext {
        clientContext.isEmpty ? .empty : try EncryptionContext(json: clientContext)
    }

    /// The context that the key of an object at this place was wrapped with.
    ///
    /// - Throws: `.contextInvalid`.
    func context(bucket: String, key: String) throws(KMSError) -> EncryptionContext {
        try .object(bucket: bucket, key: key, client: client())
    }
}
