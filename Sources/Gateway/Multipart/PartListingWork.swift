import Encoding
import S3Wire
import SealedObject

/// ListParts: plaintext lengths and the ETags that UploadPart gave.
enum PartListingWork {
    static func list(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        let parameters = try PartListParameters(request.query)
        var (upload, listing) = try await request.listParts(
            marker: parameters.partNumberMarker,
            max: parameters.maxParts
        )
        // Without the customer's key the ETags of SSE-C parts are known all the same: their salts.
        let opened =
            upload.envelope.mode == .s3 ? try await request.open(upload, customer: nil) : nil
        for index in listing.parts.indices { try present(&listing.parts[index], opened) }
        listing.bucket = request.bucket
        listing.key = request.key
        listing.uploadID = upload.uploadID
        listing.maxParts = parameters.maxParts
        listing.partNumberMarker = parameters.partNumberMarker
        listing.metadata = nil
        listing.initiated = nil
        listing.storageClass = "STANDARD"
        listing.owner = request.owner
        return .xml(listing)
    }

    private static func present(
        _ part: inout PartListing.Part,
        _ opened: OpenedUpload?
    ) throws(S3Error) {
        let record = try PartRecord(listed: part)
        part.attributes = nil
        part.size = UInt64(record.plaintextCount)
        guard let opened else {
            part.entityTag = record.salt.opaquePartETag
            return
        }
        let facts = try record.facts(opened)
        part.entityTag = facts.entityTag
        part.checksums = facts.checksums
    }
}

extension PartRecord {
    /// The record that the store keeps with a part.
    init(listed part: PartListing.Part) throws(S3Error) {
        guard let text = part.attributes, let bytes = Base64.decode(text, as: .url) else {
            throw S3Error(ObjectFault.notSealed)
        }
        let record: PartRecord
        do throws(SealedObjectError) {
            record = try PartRecord(parsing: bytes)
        } catch {
            throw S3Error(ObjectFault.sealBroken(error))
        }
        guard Int(record.partNumber) == part.partNumber else {
            throw S3Error(ObjectFault.sealBroken(.partNumberInvalid(record.partNumber)))
        }
        self = record
    }

    /// What a part's verified record says to clients.
    func facts(
        _ opened: OpenedUpload
    ) throws(S3Error) -> (entityTag: String, checksums: [ChecksumText], sealed: ObjectAttributes) {
        do throws(SealedObjectError) {
            let attributes = try open(
                objectKey: opened.objectKey.bytes,
                objectID: opened.upload.envelope.objectID,
                expectedNumber: partNumber
            )
            let checksums = attributes.checksums.compactMap { checksum in
                checksum.algorithm.wire.map { algorithm in
                    ChecksumText(algorithm, Base64.encode(checksum.value))
                }
            }
            return (attributes.entityTag ?? salt.opaquePartETag, checksums, attributes)
        } catch {
            throw S3Error(ObjectFault.sealBroken(error))
        }
    }
}

extension ObjectChecksum.Algorithm {
    /// The algorithm in S3's terms; `nil` for those that clients of this version can't ask for.
    var wire: ChecksumAlgorithm? {
        switch self {
        case .crc32: .crc32
        case .crc32c: .crc32c
        case .crc64nvme: .crc64nvme
        case .sha1: .sha1
        case .sha256: .sha256
        case .md5, .sha512, .xxhash128, .xxhash3, .xxhash64: nil
        }
    }

    /// The algorithm in the format's terms.
    init(_ algorithm: ChecksumAlgorithm) {
        self =
            switch algorithm {
            case .crc32: .crc32
            case .crc32c: .crc32c
            case .crc64nvme: .crc64nvme
            case .sha1: .sha1
            case .sha256: .sha256
            }
    }
}

extension ObjectChecksum {
    /// A computed checksum, for the sealed attributes.
    init(_ computed: ChecksumValue, _ scope: Scope) throws(SealedObjectError) {
        try self.init(Algorithm(computed.algorithm), scope, value: computed.value)
    }
}
