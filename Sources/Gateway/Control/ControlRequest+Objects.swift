import HTTPWire
import KMS
import S3Wire
import SealedObject

/// Objects as control work finds, opens and re-wraps them.
extension ControlRequest {
    /// Looks an object, or a version of it, up.
    ///
    /// - Throws: as `head`; `InternalError` for an object that isn't sealed.
    func requireObject(
        bucket: String,
        _ key: String,
        version: String?
    ) async throws(S3Error) -> FoundObject {
        let reply = try await head(bucket: bucket, key, version: version)
        do throws(ObjectFault) {
            return try FoundObject(HTTPResponseHead(status: 200, fields: reply.fields))
        } catch {
            throw S3Error(error)
        }
    }

    /// The store's facts of an object, or of a version of it.
    ///
    /// - Throws: `NoSuchBucket`, `NoSuchKey`, `NoSuchVersion`; `MethodNotAllowed` for a delete
    ///   marker that is named; `InvalidArgument` for what can't be a version's id.
    func head(
        bucket: String,
        _ key: String,
        version: String?
    ) async throws(S3Error) -> StoreReply {
        let query = StoreRequest.query(version: version)
        let reply = try await send(StoreRequest(.head, bucket: bucket, key: key, query: query))
        guard !reply.isSuccess else { return reply }
        if reply.status == 404, !VersionOutcome(reply.fields).isDeleteMarker {
            let answer = try await send(StoreRequest(.head, bucket: bucket))
            guard answer.isSuccess else {
                throw StoreFailure.reply(answer, .init(bucket: bucket))
            }
        }
        throw StoreFailure.reply(reply, .init(bucket: bucket, key: key, versionID: version))
    }

    /// Finds the request's own object and opens its envelope with the customer's key that the
    /// request brought, where it needs one.
    ///
    /// - Throws: as `requireObject`; E11...E14; what the KMS refuses.
    func openObject(
        withKey: Bool
    ) async throws(S3Error) -> (opened: OpenedObject, customer: CustomerKeyHolder?) {
        let found = try await requireObject(bucket: bucket, key, version: versionID)
        let customerKey = try services.sse.read(
            fields,
            transport: transport,
            stored: found.envelope.sseMode
        )
        let customer = try CustomerKeyHolder.of(customerKey)
        return (try await open(found, bucket, key, customer, withKey: withKey), customer)
    }

    /// Opens a found object's envelope, asking for keys that aren't in memory.
    func open(
        _ found: FoundObject,
        _ bucket: String,
        _ key: String,
        _ customer: CustomerKeyHolder?,
        withKey: Bool
    ) async throws(S3Error) -> OpenedObject {
        let wanted = GatheredKeys.Request(
            envelope: found.envelope,
            bucket: bucket,
            key: key,
            wantsObjectKey: withKey,
            rights: KeyRights(access)
        )
        do throws(ReadFailure) {
            let opened = try await services.access.open(found, wanted, customer: customer)
            uses.add(opened.keyUse)
            return opened
        } catch {
            switch error {
            case .refused(let refusal): throw refusal
            case .broken(let fault): throw S3Error(fault)
            }
        }
    }

    /// The key that wraps a new object's key, made where there is none.
    ///
    /// - Throws: `AccessDenied` where the sender may not use the KMS key; what S3 answers to the
    ///   KMS' failure.
    func wrappingKey(for requested: RequestedEncryption) async throws(S3Error) -> WrappingKey {
        try await services.access.requireRight(KeyRights(access), toWrite: requested)
        let wrapping = try await services.access.wrappingKey(
            for: requested,
            bucket: bucket,
            key: key
        )
        uses.add(wrapping.keyUse)
        return wrapping
    }

    /// The parts of an object whose key was opened; `nil` where it was written meanwhile.
    func layout(
        _ opened: OpenedObject,
        _ bucket: String,
        _ key: String
    ) async throws(S3Error) -> MultipartLayout? {
        let form = services.storeForm
        let reply = try await send(
            PartTableFetch.request(opened, bucket: bucket, key: key, form)
        )
        do throws(PartTableFetch.Failure) {
            return try PartTableFetch.read(reply, opened, form)
        } catch {
            switch error {
            case .changed: return nil
            case .refused(let refusal): throw refusal
            case .broken(let fault): throw S3Error(fault)
            }
        }
    }

    /// Changes the request's object in its envelope alone: same key, same body, same time.
    ///
    /// Both boxes are sealed anew. Whoever wrote in between is not overwritten: the change is made
    /// again on what is there then, a few times.
    ///
    /// - Returns: the object as it was opened before the change.
    /// - Throws: `NotImplemented` where the store can't; `ConditionalRequestConflict`.
    func rewrap(
        _ change: (OpenedObject, WrappingKey) async throws(S3Error) -> Rewrapping
    ) async throws(S3Error) -> OpenedObject {
        guard services.storeForm.can(.replaceMetadata) else {
            throw S3Error(.notImplemented, "The storage can't change an object in place.")
        }
        for _ in 0..<ObjectReadHandler.attemptsMax {
            let (opened, customer) = try await openObject(withKey: true)
            guard let wrapping = opened.wrapping(customer) else { throw S3Error(.internalError) }
            let changed = try await change(opened, wrapping)
            let reply = try await send(
                .replacingEnvelope(
                    of: opened.found,
                    bucket: bucket,
                    key: key,
                    version: opened.found.pinned(services.storeForm),
                    by: try envelope(opened, changed)
                )
            )
            if reply.isSuccess { return opened }
            guard reply.status == 412 || reply.status == 404 else {
                throw StoreFailure.reply(reply, errorScope)
            }
        }
        throw S3Error(.conditionalRequestConflict)
    }

    private func envelope(
        _ opened: OpenedObject,
        _ changed: Rewrapping
    ) throws(S3Error) -> Envelope {
        do throws(SealedObjectError) {
            return try opened.resealed(
                changed.attributes,
                under: changed.wrapping,
                place: (bucket, key),
                attributeKey: services.keys.attributeKey
            )
        } catch .attributesTooLarge {
            throw S3Error(.metadataTooLarge)
        } catch {
            throw S3Error(.internalError)
        }
    }
}

extension StoreRequest {
    /// Replaces an object's envelope, as long as the object is the one that was found.
    static func replacingEnvelope(
        of found: FoundObject,
        bucket: String,
        key: String,
        version: String?,
        by envelope: Envelope
    ) -> StoreRequest {
        var fields = found.ifUnchanged
        fields.append(metadataField, envelope.text)
        return StoreRequest(
            .put,
            bucket: bucket,
            key: key,
            query: query("sealgate-metadata", version: version),
            fields: fields
        )
    }
}

/// An envelope to be: what it seals, and under which key.
struct Rewrapping: Sendable {
    var attributes: ObjectAttributes
    var wrapping: WrappingKey
}

extension OpenedObject {
    /// An envelope of the same key and body, both boxes sealed anew.
    ///
    /// - Throws: `.keyReferenceInvalid` where its key wasn't opened; what `Envelope` throws.
    func resealed(
        _ attributes: ObjectAttributes,
        under wrapping: WrappingKey,
        place: (bucket: String, key: String),
        attributeKey: AttributeKey?
    ) throws(SealedObjectError) -> Envelope {
        guard let objectKey else { throw .keyReferenceInvalid }
        return try Envelope(
            sealing: objectKey,
            objectID: envelope.objectID,
            body: envelope.body,
            attributes: attributes,
            under: wrapping,
            place: place,
            attributeKey: attributeKey
        )
    }

    /// The key that wraps it, to wrap it anew; `nil` where its key wasn't opened.
    func wrapping(_ customer: CustomerKeyHolder?) -> WrappingKey? {
        if let customer, envelope.mode == .customer { return .customer(customer) }
        return wrappingKey.map { key in
            WrappingKey(
                reference: envelope.reference,
                bucketKeyKMSKeyID: kmsKeyID,
                source: .shared(key),
                keyID: kmsKeyID
            )
        }
    }
}
