import Encoding
import KMS
import SealedObject

/// What depends on which KMS key and version, as one pass over records and store found it.
struct KeyUsage: Sendable {
    struct Slot: Hashable, Sendable {
        var keyID: KeyID
        /// `nil` where nothing tells the version.
        var version: UInt32?
    }

    struct Counts: Equatable, Sendable {
        var attributeKeys: Int64 = 0
        var bucketKeys: Int64 = 0
        var objects: Int64 = 0
        var uploads: Int64 = 0
        var oldest: Timestamp?
        var newest: Timestamp?

        /// Whether taking the key away takes something with it.
        ///
        /// A bucket key alone is nothing: its objects are.
        var isDependedOn: Bool { attributeKeys + objects + uploads > 0 }

        mutating func use(_ time: Timestamp?) {
            guard let time else { return }
            oldest = oldest.map { min($0, time) } ?? time
            newest = newest.map { max($0, time) } ?? time
        }

        mutating func add(_ other: Counts) {
            attributeKeys += other.attributeKeys
            bucketKeys += other.bucketKeys
            objects += other.objects
            uploads += other.uploads
            use(other.oldest)
            use(other.newest)
        }
    }

    /// Why a count may be short, each once.
    private(set) var gaps: [String] = []
    private(set) var slots: [Slot: Counts] = [:]
    /// Objects and uploads under a customer's key: no KMS key is behind them.
    private(set) var customerKeyed: Int64 = 0
    /// Objects and uploads whose bucket key isn't there.
    private(set) var unresolved: Int64 = 0
    /// Records, objects and uploads that a retired provider wraps.
    private(set) var onRetired: Int64 = 0

    private var bucketKeys: [String: Slot] = [:]

    /// Whether everything there is was counted.
    var isComplete: Bool { gaps.isEmpty }

    /// The counts of a key over all its versions.
    func counts(of keyID: KeyID) -> Counts {
        slots.filter { $0.key.keyID == keyID }.values.reduce(into: Counts()) { $0.add($1) }
    }

    mutating func note(gap: String) {
        if !gaps.contains(gap), gaps.count < 100 { gaps.append(gap) }
    }

    mutating func count(_ record: KeyRecordFacts, ofRetired: Bool) {
        let slot = Slot(keyID: record.keyID, version: record.keyVersion)
        if ofRetired { onRetired += 1 }
        if let bucket = record.bucket {
            bucketKeys["\(bucket)/\(record.id.hex)"] = slot
            slots[slot, default: Counts()].bucketKeys += 1
        } else {
            slots[slot, default: Counts()].attributeKeys += 1
        }
    }

    /// Counts an object or an upload; `origin` is what its own wrapped key tells.
    mutating func count(_ entry: SealedEntry, origin: ([UInt8]) -> WrappedKeyOrigin) {
        let place = "\(entry.place.bucket)/\(entry.place.key)"
        guard let envelope = entry.envelope else { return note(gap: "\(place) has no envelope") }
        let slot: Slot
        switch envelope.reference {
        case .customerKey:
            customerKeyed += 1
            return
        case .bucketKey(let id), .kmsBucketKey(let id):
            guard let known = bucketKeys["\(entry.place.bucket)/\(Hex.encode(id.bytes))"] else {
                unresolved += 1
                return note(gap: "the bucket key of \(place) isn't there")
            }
            slot = known
        case .kmsDataKey(let wrapped):
            guard let keyID = try? KeyID(wrapped.kmsKeyID) else {
                return note(gap: "the KMS key of \(place) has no name that one can have")
            }
            switch origin(wrapped.wrapped) {
            case .version(let version): slot = Slot(keyID: keyID, version: version)
            case .ownKind: slot = Slot(keyID: keyID, version: nil)
            case .foreign:
                slot = Slot(keyID: keyID, version: nil)
                onRetired += 1
            }
        }
        var counts = slots[slot] ?? Counts()
        if entry.uploadID == nil { counts.objects += 1 } else { counts.uploads += 1 }
        counts.use(entry.lastModified)
        slots[slot] = counts
    }

    /// What the admin API shows; a count that isn't proven is there with `complete: false`.
    func json(keys: [KeyID], countedAt: Timestamp) -> JSONValue {
        let all = Set(keys).union(slots.keys.map(\.keyID)).sorted()
        return [
            "complete": .boolean(isComplete), "gaps": .array(gaps.map { .string($0) }),
            "counted_at": .string(countedAt.iso8601),
            "customer_keyed": .integer(customerKeyed), "unresolved": .integer(unresolved),
            "on_retired_backends": .integer(onRetired),
            "keys": .array(
                all.map { keyID in
                    let versions = slots.filter { $0.key.keyID == keyID }
                        .sorted { $0.key.version ?? 0 < $1.key.version ?? 0 }
                    let members =
                        [JSONMember("key_id", .string(keyID.name))]
                        + Self.members(counts(of: keyID))
                    let list = versions.map { slot, counts in
                        JSONValue.object(
                            [
                                JSONMember(
                                    "version",
                                    slot.version.map { .integer(Int64($0)) } ?? nil
                                )
                            ] + Self.members(counts)
                        )
                    }
                    return .object(members + [JSONMember("versions", .array(list))])
                }
            ),
        ]
    }

    static func members(_ counts: Counts) -> [JSONMember] {
        [
            JSONMember("attribute_keys", .integer(counts.attributeKeys)),
            JSONMember("bucket_keys", .integer(counts.bucketKeys)),
            JSONMember("objects", .integer(counts.objects)),
            JSONMember("uploads", .integer(counts.uploads)),
            JSONMember("oldest_use", counts.oldest.map { .string($0.iso8601) } ?? nil),
            JSONMember("newest_use", counts.newest.map { .string($0.iso8601) } ?? nil),
        ]
    }
}

/// Goes over records and store and counts what depends on which key.
struct KeyInventory: Sendable {
    private static let concurrencyMax = 16

    let ring: KeyRing
    let walk: SealedWalk

    /// One pass; records first, so that an object's bucket key is known.
    ///
    /// An object that is written meanwhile may be missed; one whose bucket key was made meanwhile
    /// is a gap.
    ///
    /// - Throws: where records or buckets can't be listed at all.
    func take() async throws(KMSError) -> KeyUsage {
        var usage = KeyUsage()
        let names = try await ring.keyRecordNames()
        let records = await names.mapConcurrently(limit: Self.concurrencyMax) { name in
            await record(name)
        }
        for (name, outcome) in zip(names, records) {
            switch outcome {
            case .success(.some(let record)):
                usage.count(record.facts, ofRetired: record.isOfRetired)
            case .success(.none): continue
            case .failure: usage.note(gap: "record \(name) can't be read")
            }
        }
        do throws(OfflineError) {
            if !walk.seesVersions {
                usage.note(gap: "a foreign engine's older versions aren't seen")
            }
            for bucket in try await walk.buckets() { try await count(bucket, &usage) }
        } catch {
            throw .storeUnavailable
        }
        return usage
    }

    private func count(_ bucket: String, _ usage: inout KeyUsage) async throws(OfflineError) {
        var mark: SealedWalk.Mark?
        repeat {
            let page = try await walk.objects(of: bucket, prefix: "", after: mark)
            for entry in page.entries { usage.count(entry) { ring.provider.recognize($0) } }
            mark = page.next
        } while mark != nil
        for upload in try await walk.uploads(of: bucket, prefix: "") {
            usage.count(upload) { ring.provider.recognize($0) }
        }
    }

    private typealias Record = (facts: KeyRecordFacts, isOfRetired: Bool)

    private func record(_ name: String) async -> Result<Record?, KMSError> {
        do throws(KMSError) {
            guard let facts = try await ring.keyRecord(name) else { return .success(nil) }
            return .success((facts, try await ring.isOfRetiredProvider(facts)))
        } catch {
            return .failure(error)
        }
    }
}
