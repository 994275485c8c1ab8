import Encoding
import HTTPWire
import KMS
import S3Wire
import SealedObject

/// PutObject: one stream, whose envelope commits it.
final class ObjectUpload: UploadKind {
    private let scope: RequestScope
    // Sealed once; `nil` then.
    private var attributes: ObjectAttributes?
    private var conditions = HTTPFields()
    private var requested = RequestedEncryption.managed
    private var wrapping: WrappingKey?
    private var objectKey: ObjectEncryptionKey?
    private var entityTag = ""

    init(_ scope: RequestScope) { self.scope = scope }

    // In S3's order: bucket, encryption, KMS, what the body must be, conditions. Closures are made
    // only where something isn't in memory.
    func prepare(_ completion: @escaping (Result<PreparedUpload, S3Error>) -> Void) {
        guard !scope.loop.knows(scope.bucket) else { return chooseKey(completion) }
        scope.loop.requireBucket(scope.bucket) { [self] failure in
            if let failure { completion(.failure(failure)) } else { chooseKey(completion) }
        }
    }

    private func chooseKey(_ completion: @escaping (Result<PreparedUpload, S3Error>) -> Void) {
        let rights = KeyRights(scope.access)
        do throws(S3Error) {
            requested = try RequestedEncryption(scope)
            scope.wipeCustomerKeys()
            scope.mode = requested.mode
            scope.keyID = requested.keyID(scope.loop.services)
            attributes = try .ofWrite(scope.head.fields)
            let atHand = try scope.loop.wrappingKeyAtHand(
                for: requested,
                bucket: scope.bucket,
                rights: rights
            )
            if let atHand { return try resolveConditions(atHand, completion) }
        } catch {
            return completion(.failure(error))
        }
        scope.loop.wrappingKey(
            for: requested,
            bucket: scope.bucket,
            key: scope.key,
            rights: rights
        ) { [self] result in
            do throws(S3Error) { try resolveConditions(try result.get(), completion) } catch {
                completion(.failure(error))
            }
        }
    }

    private func resolveConditions(
        _ wrapping: WrappingKey,
        _ completion: @escaping (Result<PreparedUpload, S3Error>) -> Void
    ) throws(S3Error) {
        self.wrapping = wrapping
        scope.keyID = wrapping.keyID
        scope.keyUse = wrapping.keyUse
        let payload = try PayloadPlan(scope)
        switch try WriteCondition(scope.head.fields) {
        case .none: break
        case .ifAbsent: conditions = WriteConditions.absent
        case .ifMatch(let entityTag):
            return WriteConditions.compare(
                entityTag,
                bucket: scope.bucket,
                key: scope.key,
                on: scope.loop
            ) { [self] result in
                do throws(S3Error) {
                    conditions = try result.get()
                    completion(.success(try prepared(payload, wrapping)))
                } catch {
                    completion(.failure(error))
                }
            }
        }
        completion(.success(try prepared(payload, wrapping)))
    }

    private func prepared(
        _ payload: consuming PayloadPlan,
        _ wrapping: WrappingKey
    ) throws(S3Error) -> PreparedUpload {
        let commitsLate = scope.loop.services.storeForm.commitsLate
        payload.expected.wantsMD5 = wrapping.reference.mode == .s3 && commitsLate
        let reader = try payload.uploadReader(scope)
        do throws(SealedObjectError) {
            let key = try ObjectEncryptionKey.random()
            objectKey = key
            let facts = try StreamFacts(
                objectID: try Identifier.random(),
                plaintextCount: payload.count,
                salt: try Salt.random()
            )
            let sealer = try StreamSealer(facts: facts, objectKey: key.bytes)
            if !commitsLate {
                let envelope = try seal(
                    payload.expected.declaredFacts,
                    sealer.header,
                    key,
                    wrapping
                )
                conditions.append(StoreRequest.metadataField, envelope.text)
            }
            return PreparedUpload(
                reader: reader,
                sealer: sealer,
                target: StoreRequest.target(bucket: scope.bucket, key: scope.key),
                fields: conditions,
                trailerName: commitsLate ? StoreRequest.metadataField : nil
            )
        } catch {
            throw S3Error(.internalError)
        }
    }

    func commit(
        _ facts: PayloadFacts,
        _ header: StreamHeader
    ) throws(SealedObjectError) -> (String, String)? {
        guard let wrapping, let objectKey = objectKey.take() else { throw .keyReferenceInvalid }
        guard scope.loop.services.storeForm.commitsLate else { return nil }
        let envelope = try seal(facts, header, objectKey, wrapping)
        return (StoreRequest.metadataField, envelope.text)
    }

    /// The envelope with what is known of the body: all of it at the body's end, before it only
    /// what the client declared, which the end then proves.
    private func seal(
        _ facts: PayloadFacts,
        _ header: StreamHeader,
        _ objectKey: ObjectEncryptionKey,
        _ wrapping: WrappingKey
    ) throws(SealedObjectError) -> Envelope {
        guard var attributes = attributes.take() else { throw .keyReferenceInvalid }
        if let md5 = facts.md5, wrapping.reference.mode == .s3 {
            attributes.entityTag = Hex.encode(md5)
        }
        if let checksum = facts.checksum {
            attributes.checksums = [try ObjectChecksum(checksum, .fullObject)]
        }
        let envelope = try Envelope(
            sealing: objectKey,
            objectID: header.facts.objectID,
            body: EnvelopeBody(header),
            attributes: attributes,
            under: wrapping,
            place: (scope.bucket, scope.key),
            attributeKey: scope.loop.services.keys.attributeKey
        )
        entityTag = envelope.etag(attributes) ?? ""
        return envelope
    }

    func answer(_ facts: PayloadFacts, _ reply: StoreReply) -> HTTPFields {
        // Asked for by its ETag, what was there before would only be refused.
        scope.loop.openedObjects.remove(.init(bucket: scope.bucket, key: scope.key))
        var fields = HTTPFields()
        fields.reserve(fields: 16, bytes: 512)
        fields.append("etag", quoting: entityTag)
        if let checksum = facts.checksum {
            fields.append(checksum.algorithm.fieldName, Base64.encode(checksum.value))
            fields.append("x-amz-checksum-type", "FULL_OBJECT")
        }
        VersionOutcome(reply.fields).append(to: &fields)
        if let wrapping {
            let stored = wrapping.stored(customerDigest: requested.customerDigest)
            scope.loop.services.sseResponse(stored).append(to: &fields, for: .write)
        }
        return fields
    }

    func refusal(_ error: S3Error) -> S3Error {
        if error.code == .noSuchBucket { scope.loop.buckets.forget(scope.bucket) }
        return WriteConditions.refusal(error, conditions)
    }
}
