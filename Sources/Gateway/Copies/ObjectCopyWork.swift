import Crypto
import Encoding
import HTTPWire
import KMS
import Policy
import S3Wire
import SealedObject

/// CopyObject: under the same key the body is shared and its envelope made anew; else the bytes
/// go through the gateway, opened and sealed under a key of the copy's own.
enum ObjectCopyWork {
    /// The most bytes that CopyObject takes: 5 GiB.
    static let sourceBytesMax = SealedFormat.streamCountMax

    static func copy(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await request.requireBucket()
        let directives = try CopyDirectives(request.fields)
        let requested = try RequestedEncryption(request)
        let algorithm = try ChecksumType.requested(request.fields)?.algorithm
        let named = try CopySource(request.fields)
        for _ in 0..<ObjectReadHandler.attemptsMax {
            let source = try await request.copied(named)
            try directives.requireChange(of: named, to: request.bucket, request.key, request.fields)
            guard source.size <= sourceBytesMax else {
                throw S3Error(
                    .invalidRequest,
                    "The specified copy source is larger than the maximum allowable size for a "
                        + "copy source: \(sourceBytesMax)"
                )
            }
            let copy = ObjectCopy(
                request: request,
                source: source,
                attributes: try attributes(request, directives, source),
                requested: requested,
                wrapping: try await request.wrappingKey(for: requested),
                conditions: try await WriteConditions.resolve(request)
            )
            guard copy.canShare(algorithm) else { return try copy.plan(algorithm) }
            switch try await copy.share() {
            case .answered(let answer): return answer
            case .impossible: return try copy.plan(algorithm)
            case .changed: continue
            }
        }
        throw S3Error(ObjectFault.restless)
    }

    /// What the copy is said to be: the source's word or the request's.
    private static func attributes(
        _ request: ControlRequest,
        _ directives: CopyDirectives,
        _ source: CopiedObject
    ) throws(S3Error) -> ObjectAttributes {
        let headers = try ObjectHeaders(request.fields)
        let tags = try ObjectTags(request.fields)
        let old = source.opened.attributes
        var attributes = directives.replacesMetadata ? try .of(headers) : old
        attributes.checksums = old.checksums
        attributes.entityTag = old.entityTag
        attributes.tableID = nil
        attributes.uploadID = nil
        // These two are never taken from the source.
        attributes.websiteRedirect = headers.websiteRedirectLocation
        attributes.storageClass = headers.storageClass
        try attributes.set(directives.replacesTags ? tags : ObjectTags(old))
        if !directives.replacesTags, !old.tags.isEmpty { try requireTagging(request, source) }
        return attributes
    }

    /// Tags that a copy takes along must be allowed to be read there and to be set here.
    private static func requireTagging(
        _ request: ControlRequest,
        _ source: CopiedObject
    ) throws(S3Error) {
        try request.sourceAccess.require(
            source.isNamedVersion ? .getObjectVersionTagging : .getObjectTagging,
            bucket: source.bucket,
            key: source.key
        )
        try request.access.require(
            .putObjectTagging,
            bucket: request.bucket,
            key: request.key
        )
    }
}

/// One copy of an object that nothing stands in the way of.
struct ObjectCopy: Sendable {
    let request: ControlRequest
    let source: CopiedObject
    /// With the source's digests.
    let attributes: ObjectAttributes
    let requested: RequestedEncryption
    let wrapping: WrappingKey
    /// Of the write, for the store.
    let conditions: HTTPFields

    /// What came of an attempt to share the body.
    enum Sharing {
        case answered(ControlAnswer)
        /// The source was written meanwhile.
        case changed
        /// The store can't, this time.
        case impossible
    }

    /// Whether the copy may keep the source's key and body: it goes on under the same key.
    ///
    /// - Parameter algorithm: the checksum asked for: one that must be made needs the bytes.
    /// - Returns: `false` also where the store can't share a body.
    func canShare(_ algorithm: ChecksumAlgorithm?) -> Bool {
        guard request.services.storeForm.can(.copyObject) else { return false }
        if let algorithm {
            guard
                source.opened.attributes.checksums.contains(where: {
                    $0.algorithm.wire == algorithm
                })
            else { return false }
        }
        switch (source.opened.envelope.mode, requested) {
        case (.s3, .managed): return true
        case (.kms, .kms): return source.opened.kmsKeyID == wrapping.keyID
        case (.customer, .customer(let holder)):
            return source.customer?.bytes.isEqual(to: holder.bytes) ?? false
        case (.s3, _), (.kms, _), (.customer, _): return false
        }
    }

    /// Has the store make the copy of the body that it has.
    func share() async throws(S3Error) -> Sharing {
        let (envelope, table) = try sharedEnvelope()
        var fields = conditions
        fields.append(StoreRequest.metadataField, envelope.text)
        fields.append(
            StoreRequest.copySourceField,
            source.reference(request.services.storeForm)
        )
        fields.append(StoreRequest.copyMatchField, source.opened.found.storeETag)
        let reply = try await request.send(
            StoreRequest(
                .put,
                bucket: request.bucket,
                key: request.key,
                query: "sealgate-copy",
                fields: fields,
                body: table
            )
        )
        switch reply.status {
        case 200:
            return .answered(
                answer(source.opened.etag, source.opened.checksumTexts, reply)
            )
        case 409: return .changed
        case 501: return .impossible
        default:
            throw WriteConditions.refusal(
                StoreFailure.reply(reply, request.errorScope),
                conditions
            )
        }
    }

    /// The envelope of a copy that keeps key and body, and its part table where it has parts.
    private func sharedEnvelope() throws(S3Error) -> (Envelope, table: [UInt8]) {
        guard let objectKey = source.opened.objectKey else { throw S3Error(.internalError) }
        do throws(SealedObjectError) {
            var attributes = attributes
            var sealedTable: [UInt8] = []
            if let layout = source.layout {
                let table = try PartTable(id: try Identifier.random(), parts: layout.parts)
                attributes.tableID = table.id
                sealedTable = try table.seal(
                    objectKey: objectKey.bytes,
                    objectID: source.opened.envelope.objectID,
                    salt: try Salt.random()
                )
            }
            let envelope = try source.opened.resealed(
                attributes,
                under: wrapping,
                place: (request.bucket, request.key),
                attributeKey: request.services.keys.attributeKey
            )
            return (envelope, sealedTable)
        } catch {
            throw S3Error(ObjectFault.sealBroken(error))
        }
    }

    /// The copy as a stream under a key of its own.
    ///
    /// - Parameter algorithm: the checksum that is asked for; else the copy has the source's.
    /// - Returns: an answer that has yet to be streamed.
    /// - Throws: `InternalError` where there is no randomness.
    func plan(_ algorithm: ChecksumAlgorithm?) throws(S3Error) -> ControlAnswer {
        let range = 0..<source.size
        let isManaged = wrapping.reference.mode == .s3
        let digests = CopyDigests(
            source,
            range,
            wantsMD5: isManaged,
            algorithm ?? source.opened.attributes.checksums.first?.algorithm.wire
        )
        do throws(SealedObjectError) {
            let target = ObjectCopyTarget(
                copy: self,
                facts: try StreamFacts(
                    objectID: try Identifier.random(),
                    plaintextCount: source.size,
                    salt: try Salt.random()
                ),
                objectKey: try ObjectEncryptionKey.random(),
                digests: digests
            )
            return ControlAnswer(copy: CopyPlan(source: source, range: range, target: target))
        } catch {
            throw S3Error(.internalError)
        }
    }

    /// What the client hears of the copy.
    func answer(_ entityTag: String, _ checksums: [ChecksumText], _ reply: StoreReply)
        -> ControlAnswer
    {
        var answer = ControlAnswer.xml(
            CopyResult(
                entityTag: entityTag,
                lastModified: request.lastModified(reply),
                checksums: checksums
            )
        )
        VersionOutcome(reply.fields).append(to: &answer.fields)
        source.appendVersion(to: &answer.fields)
        let stored = wrapping.stored(customerDigest: requested.customerDigest)
        request.services.sseResponse(stored).append(to: &answer.fields, for: .write)
        answer.mode = wrapping.reference.mode.sseMode
        answer.keyID = wrapping.keyID
        return answer
    }
}

extension ControlRequest {
    /// When the store wrote what it answers for.
    func lastModified(_ reply: StoreReply) -> Timestamp {
        reply.fields["last-modified"].flatMap(Timestamp.init(httpDate:)) ?? services.clock()
    }
}

extension OpenedObject {
    /// The sealed checksums in S3's terms.
    var checksumTexts: [ChecksumText] {
        attributes.checksums.compactMap { checksum in
            guard let algorithm = checksum.algorithm.wire else { return nil }
            let isComposite = checksum.scope == .composite
            let suffix = isComposite ? "-\(envelope.body.partCount ?? 1)" : ""
            return ChecksumText(algorithm, Base64.encode(checksum.value) + suffix)
        }
    }
}
