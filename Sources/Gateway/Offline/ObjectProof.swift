import Encoding
import KMS
import SealedObject
import Synchronization

/// Says of stored objects what they are, from the store's bytes alone; `deep` opens them too.
public final class ObjectProof: Sendable {
    /// What a record says of a bucket key.
    private struct KeyFacts {
        var keyID: String
        var version: UInt32
    }

    private let store: OfflineStore
    private let plaintext: ObjectPlaintext?
    private let keyFacts = Mutex<[String: KeyFacts]>([:])

    /// A proof of form.
    public init(_ store: OfflineStore) {
        self.store = store
        plaintext = nil
    }

    /// A proof that opens what the settings' keys, and the customer's if there is one, can open.
    ///
    /// - Throws: what is wrong with the keys.
    public init(
        opening store: OfflineStore,
        customerKey: CustomerKeyFile?
    ) async throws(GatewayStartError) {
        self.store = store
        plaintext = ObjectPlaintext(
            store: store,
            keys: try await store.keys(),
            customer: customerKey?.key
        )
    }

    /// What one object is.
    ///
    /// - Throws: `.noSuchKey`, `.changed`, `.storeFailed`; what is wrong with the object itself is
    ///   in the report.
    public func report(of place: OfflineStore.Place) async throws(OfflineError) -> ObjectReport {
        var report = ObjectReport(place, .wellFormed)
        do throws(OfflineError) {
            let found = try await store.find(place)
            report.note(found)
            try await noteKey(found, &report)
            try await walk(found, at: place)
            guard let plaintext else { return report }
            _ = try await plaintext.read(found, at: place) { _ in }
            report.verdict = .opened
        } catch {
            switch error {
            case .broken(let reason): report.verdict = .broken(reason)
            case .refused(let reason): report.verdict = .unopened("its key can't be had: \(reason)")
            case .changed, .customerKeyInvalid, .noSuchBucket, .noSuchKey, .outputFailed,
                .storeFailed:
                throw error
            }
        }
        return report
    }

    /// Reports every object of a bucket, in all its versions, whose key begins with `prefix`.
    ///
    /// Objects that come or go meanwhile may be among them or not.
    ///
    /// - Throws: `.noSuchBucket`, `.storeFailed`; what `each` throws.
    public func reports(
        of bucket: String,
        prefix: String,
        _ each: (ObjectReport) throws(OfflineError) -> Void
    ) async throws(OfflineError) {
        var mark: OfflineStore.Mark? = .start
        while let from = mark {
            let page = try await store.page(of: bucket, prefix: prefix, from: from)
            for place in page.places {
                if let report = try await settled(place) { try each(report) }
            }
            mark = page.next
        }
    }

    /// A report of an object that others may be writing; `nil` where it is gone.
    private func settled(_ place: OfflineStore.Place) async throws(OfflineError) -> ObjectReport? {
        for _ in 0..<4 {
            do throws(OfflineError) {
                return try await report(of: place)
            } catch {
                switch error {
                case .changed: continue
                case .noSuchKey: return nil
                default: throw error
                }
            }
        }
        return ObjectReport(place, .unopened(OfflineError.changed.problem))
    }

    private func walk(
        _ found: FoundObject,
        at place: OfflineStore.Place
    ) async throws(OfflineError) {
        var walk = StoredBodyWalk(found.envelope, storedCount: found.storedCount)
        while let wanted = walk.wanted {
            let bytes = try await store.bytes(wanted, of: found, at: place)
            do throws(SealedObjectError) { try walk.take(bytes) } catch {
                throw OfflineError(error)
            }
        }
        do throws(SealedObjectError) { try walk.finish() } catch {
            throw OfflineError(error)
        }
    }

    /// Notes which KMS key, in which version, wraps the bucket key that an object hangs on.
    private func noteKey(
        _ found: FoundObject,
        _ report: inout ObjectReport
    ) async throws(OfflineError) {
        switch found.envelope.reference {
        case .customerKey, .kmsDataKey: return
        case .bucketKey(let id), .kmsBucketKey(let id):
            let facts = try await facts(
                of: BucketKeyRecord.name(bucket: report.place.bucket, id: RecordID(id))
            )
            report.facts.insert(.init("kms_key", .string(facts.keyID)), at: 1)
            report.facts.insert(.init("kms_key_version", .integer(Int64(facts.version))), at: 2)
        }
    }

    private func facts(of name: String) async throws(OfflineError) -> KeyFacts {
        if let known = keyFacts.withLock({ $0[name] }) { return known }
        let bytes: [UInt8]?
        do throws(RecordStoreError) { bytes = try await store.records.get(name) } catch {
            throw .storeFailed
        }
        guard let bytes else { throw .broken("the record \(name) of its bucket key is missing") }
        guard let record = try? BucketKeyRecord(decoding: bytes), record.name == name else {
            throw .broken("the record \(name) of its bucket key is damaged")
        }
        let facts = KeyFacts(keyID: record.keyID.name, version: record.keyVersion)
        keyFacts.withLock { $0[name] = facts }
        return facts
    }
}
