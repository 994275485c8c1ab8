import Encoding
import KMS
import SealedObject

/// Where the last rewrap job is kept: sealed among the records, so that the store can't make one.
struct RewrapJobRecord: Sendable {
    static let name = "rw/job"
    private static let place = SealedSetting.Place(bucket: "", kind: "rewrap")

    let ring: KeyRing
    let records: any SettingRecords

    /// Stores a job.
    ///
    /// - Returns: whether that could be done.
    func store(_ job: RewrapJob) async -> Bool {
        guard let key = ring.attributeKey,
            let sealed = try? SealedSetting(
                sealing: job.json.encode(),
                of: Self.place,
                attributeKey: key.key.bytes,
                attributeKeyID: Identifier(key.id)
            )
        else { return false }
        return (try? await records.put(Self.name, sealed.bytes, ifAbsent: false)) ?? false
    }

    /// The stored job; `nil` where there is none, or none that opens.
    func load() async -> RewrapJob? {
        guard let bytes = try? await records.get(Self.name),
            let sealed = try? SealedSetting(parsing: bytes),
            let key = try? await ring.loadAttributeKey(id: RecordID(sealed.attributeKeyID)),
            let document = try? sealed.open(of: Self.place, attributeKey: key.key.bytes)
        else { return nil }
        return RewrapJob(stored: document)
    }
}
