import Encoding
import KMS
import S3Wire
import SealedObject

/// What makes an upload an object: its final envelope and its part table.
struct CompletionCommit {
    let envelope: Envelope
    let table: [UInt8]
    /// The object's plaintext length in bytes.
    let plaintextCount: Int
    /// The object's ETag for clients, without quotes.
    let entityTag: String
    /// The object's checksum, with `-N` behind it where it is of its parts'.
    let checksum: ChecksumText?
    /// What the checksum is over.
    let checksumType: ChecksumType?

    init(
        _ request: ControlRequest,
        _ opened: OpenedUpload,
        _ parts: CompletedParts,
        customer: CustomerKeyHolder?
    ) throws(S3Error) {
        do throws(SealedObjectError) {
            let objectID = opened.upload.envelope.objectID
            var tableID = opened.attributes.tableID
            if tableID == nil { tableID = try Identifier.random() }
            let partTable = try PartTable(id: tableID ?? .zero, parts: parts.table)
            plaintextCount = partTable.plaintextCount
            table = try partTable.seal(
                objectKey: opened.objectKey.bytes,
                objectID: objectID,
                salt: try Salt.random()
            )
            var attributes = opened.attributes
            attributes.tableID = partTable.id
            attributes.uploadID = opened.upload.uploadID
            if opened.upload.envelope.mode == .s3 { attributes.entityTag = parts.digestETag }
            let sum = try parts.checksum(opened.attributes.checksums.first)
            attributes.checksums = sum.map { [$0] } ?? []
            envelope = try Envelope(
                sealing: opened.objectKey,
                objectID: objectID,
                body: .parts(count: parts.table.count, plaintextCount: partTable.plaintextCount),
                attributes: attributes,
                under: try Self.wrapping(request, opened, customer),
                place: (request.bucket, request.key),
                attributeKey: request.services.keys.attributeKey
            )
            let opaque = objectID.opaqueETag(parts: parts.table.count)
            entityTag =
                request.services.storeForm.completesWithEnvelope
                ? envelope.etag(attributes) ?? opaque : opaque
            let suffix = sum?.scope == .composite ? "-\(parts.table.count)" : ""
            checksum = sum.flatMap { sum in
                sum.algorithm.wire.map { ChecksumText($0, Base64.encode(sum.value) + suffix) }
            }
            checksumType = sum.map { $0.scope == .composite ? .composite : .fullObject }
        } catch {
            throw S3Error(.internalError)
        }
    }

    // The object goes on under the key that Create chose: a rewrap under the very same one.
    private static func wrapping(
        _ request: ControlRequest,
        _ opened: OpenedUpload,
        _ customer: CustomerKeyHolder?
    ) throws(SealedObjectError) -> WrappingKey {
        if let customer { return .customer(customer) }
        guard let wrapping = opened.wrapping else { throw .keyReferenceInvalid }
        return wrapping
    }
}
