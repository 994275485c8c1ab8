import Encoding
import HTTPWire
import KMS
import S3Wire
import SealedObject

/// A copy that becomes an object of one stream.
struct ObjectCopyTarget: CopyTarget {
    let copy: ObjectCopy
    let facts: StreamFacts
    let objectKey: ObjectEncryptionKey
    let digests: CopyDigests

    private var commitsLate: Bool { copy.request.services.storeForm.commitsLate }

    var path: String {
        StoreRequest.target(bucket: copy.request.bucket, key: copy.request.key)
    }

    var trailerName: String? { commitsLate ? StoreRequest.metadataField : nil }

    func fields(_ header: StreamHeader) throws(SealedObjectError) -> HTTPFields {
        var fields = copy.conditions
        guard !commitsLate else { return fields }
        // The envelope goes first: it says what the source knows, and no more.
        fields.append(
            StoreRequest.metadataField,
            try envelope(digests.known, header).text
        )
        return fields
    }

    func commit(
        _ facts: PayloadFacts,
        _ header: StreamHeader
    ) throws(SealedObjectError) -> String {
        try envelope(facts, header).text
    }

    private func envelope(
        _ facts: PayloadFacts,
        _ header: StreamHeader
    ) throws(SealedObjectError) -> Envelope {
        var attributes = copy.attributes
        attributes.entityTag = managedTag(facts)
        attributes.checksums =
            try facts.checksum.map { (value) throws(SealedObjectError) in
                [try ObjectChecksum(value, .fullObject)]
            } ?? []
        return try Envelope(
            sealing: objectKey,
            objectID: header.facts.objectID,
            body: EnvelopeBody(header),
            attributes: attributes,
            under: copy.wrapping,
            place: (copy.request.bucket, copy.request.key),
            attributeKey: copy.request.services.keys.attributeKey
        )
    }

    /// The ETag of SSE-S3; `nil` for other modes.
    private func managedTag(_ facts: PayloadFacts) -> String? {
        copy.wrapping.reference.mode == .s3 ? facts.md5.map { Hex.encode($0) } : nil
    }

    func answer(
        _ facts: PayloadFacts,
        _ header: StreamHeader,
        _ reply: StoreReply
    ) -> ControlAnswer {
        let sealed = commitsLate ? facts : digests.known
        return copy.answer(
            managedTag(sealed) ?? header.facts.objectID.opaqueETag(parts: 1),
            sealed.checksumTexts,
            reply
        )
    }

    func refusal(_ error: S3Error) -> S3Error { WriteConditions.refusal(error, copy.conditions) }
}

extension PayloadFacts {
    /// The checksum in S3's terms, where there is one.
    var checksumTexts: [ChecksumText] {
        checksum.map { [ChecksumText($0.algorithm, Base64.encode($0.value))] } ?? []
    }
}
