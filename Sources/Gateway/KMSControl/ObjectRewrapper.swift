import HTTPWire
import KMS
import S3Wire
import SealedObject

/// Wraps the keys of stored objects anew: envelopes change, bodies are never touched.
struct ObjectRewrapper: Sendable {
    private static let attemptsMax = 4

    let access: KeyAccess
    let store: StoreClient
    let records: KeyRewrapper
    let selection: RewrapSelection

    private var ring: KeyRing { access.ring }

    /// Why an object's key couldn't be wrapped anew.
    enum Failure: Error {
        case kms(KMSError)
        case other(String)

        var reason: String {
            switch self {
            case .kms(let error): error.explanation
            case .other(let reason): reason
            }
        }
    }

    /// Wraps one object's key anew, on the condition that it is what was read: whoever writes
    /// meanwhile wins.
    ///
    /// - Throws: `Failure`; the object is as it was.
    func rewrap(_ entry: SealedEntry) async throws(Failure) -> Rewrapped {
        let place = entry.place
        if let envelope = entry.envelope {
            let verdict = try await verdict(on: envelope, at: place)
            if verdict != .rewrapped || selection.isDry { return verdict }
        }
        for _ in 0..<Self.attemptsMax {
            guard let found = try await find(place) else { return .changed }
            let verdict = try await verdict(on: found.envelope, at: place)
            if verdict != .rewrapped || selection.isDry { return verdict }
            let envelope = try await renewed(found, place)
            let reply = try await send(
                .replacingEnvelope(
                    of: found,
                    bucket: place.bucket,
                    key: place.key,
                    version: place.versionID,
                    by: envelope
                )
            )
            if reply.isSuccess { return .rewrapped }
            guard reply.status == 412 || reply.status == 404 else {
                throw .other("the store answers \(reply.status)")
            }
        }
        throw .other("it was written again and again")
    }

    /// Whether an envelope is to be made anew.
    func verdict(
        on envelope: Envelope,
        at place: OfflineStore.Place
    ) async throws(Failure) -> Rewrapped {
        do throws(KMSError) {
            switch envelope.reference {
            case .customerKey: return .skipped
            case .bucketKey(let id), .kmsBucketKey(let id):
                // It moves with its bucket key's record, unless it is to have another KMS key.
                guard let to = selection.to else { return .skipped }
                let id = RecordID(id)
                let keyID = try await ring.keyID(ofBucketKey: id, bucket: place.bucket)
                guard selection.means(keyID) else { return .skipped }
                return keyID == to ? .current : .rewrapped
            case .kmsDataKey(let wrapped):
                let keyID = try KeyID(wrapped.kmsKeyID)
                guard selection.means(keyID) else { return .skipped }
                guard selection.to.map({ $0 == keyID }) ?? true else { return .rewrapped }
                let context = try wrapped.context(bucket: place.bucket, key: place.key)
                return try await records.isCurrent(wrapped.wrapped, keyID, context)
                    ? .current : .rewrapped
            }
        } catch {
            throw .kms(error)
        }
    }

    private func find(_ place: OfflineStore.Place) async throws(Failure) -> FoundObject? {
        let reply = try await send(
            StoreRequest(.head, bucket: place.bucket, key: place.key, query: place.query)
        )
        if reply.status == 404 || reply.status == 405 { return nil }
        guard reply.isSuccess else { throw .other("the store answers \(reply.status)") }
        do throws(ObjectFault) {
            return try FoundObject(HTTPResponseHead(status: 200, fields: reply.fields))
        } catch {
            throw .other(error.reason)
        }
    }

    /// The object's envelope, both boxes sealed anew.
    private func renewed(
        _ found: FoundObject,
        _ place: OfflineStore.Place
    ) async throws(Failure) -> Envelope {
        let opened = try await open(found, place)
        let wrapping: WrappingKey
        do throws(KMSError) { wrapping = try await self.wrapping(found.envelope, place) } catch {
            throw .kms(error)
        }
        do throws(SealedObjectError) {
            return try opened.resealed(
                opened.attributes,
                under: wrapping,
                place: (place.bucket, place.key),
                attributeKey: ring.attributeKey
            )
        } catch {
            throw .other("its envelope can't be sealed: \(error)")
        }
    }

    private func open(
        _ found: FoundObject,
        _ place: OfflineStore.Place
    ) async throws(Failure) -> OpenedObject {
        let request = GatheredKeys.Request(
            envelope: found.envelope,
            bucket: place.bucket,
            key: place.key,
            wantsObjectKey: true,
            rights: .all
        )
        do throws(ReadFailure) {
            return try await access.open(found, request, customer: nil)
        } catch {
            switch error {
            case .broken(let fault): throw .other(fault.reason)
            case .refused(let refusal): throw .other("its key can't be had: \(refusal.message)")
            }
        }
    }

    /// The key that is to wrap the object's: of the same mode, under the wanted KMS key.
    private func wrapping(
        _ envelope: Envelope,
        _ place: OfflineStore.Place
    ) async throws(KMSError) -> WrappingKey {
        switch envelope.reference {
        case .customerKey: throw .notSupported
        case .bucketKey, .kmsBucketKey:
            let use: BucketKeyUse = envelope.mode == .kms ? .sseKMS : .sseS3
            guard let to = selection.to else { throw .notSupported }
            return try await access.bucketKey(place.bucket, under: to, use)
        case .kmsDataKey(let wrapped):
            let keyID: KeyID
            if let to = selection.to { keyID = to } else { keyID = try KeyID(wrapped.kmsKeyID) }
            return try await access.dataKey(
                under: keyID,
                client: try wrapped.client(),
                bucket: place.bucket,
                key: place.key
            )
        }
    }

    private func send(_ request: StoreRequest) async throws(Failure) -> StoreReply {
        do throws(StoreError) { return try await store.send(request) } catch {
            throw .other("the store doesn't answer")
        }
    }
}
