import Daemon
import Encoding
import KMS

/// What the admin API does with the store's objects.
struct KMSControlWork: Sendable {
    let services: GatewayServices
    let inventory: KeyInventory
    let runner: RewrapRunner

    init(
        _ services: GatewayServices,
        _ store: StoreClient,
        _ records: any SettingRecords,
        _ limit: RewrapLimit
    ) {
        self.services = services
        inventory = KeyInventory(ring: services.keys, walk: SealedWalk(store: store))
        runner = RewrapRunner(services, store, records, limit)
    }

    func beginRewrap(_ members: [JSONMember]) async throws(KMSAdminError) -> JSONValue {
        let id: String
        do throws(KMSError) { id = try KeyID.random().name } catch { throw KMSAdminError(error) }
        return try await runner.begin(try RewrapJob(members, id: id, now: services.clock()))
    }

    /// One pass over records and store.
    func take() async throws(KMSAdminError) -> KeyUsage {
        do throws(KMSError) { return try await inventory.take() } catch {
            throw KMSAdminError(error)
        }
    }

    func usage() async throws(KMSAdminError) -> JSONValue {
        let countedAt = services.clock()
        let usage = try await take()
        var keys: [KeyID] = []
        var marker: KeyID?
        do throws(KMSError) {
            repeat {
                let page = try await services.keys.provider.list(limit: 1000, after: marker)
                keys += page.keys.map(\.id)
                marker = page.nextMarker
            } while marker != nil
        } catch {
            throw KMSAdminError(error)
        }
        return usage.json(keys: keys, countedAt: countedAt)
    }

    func dependants(on id: KeyID) async throws(KMSAdminError) -> KeyDependants {
        let usage = try await take()
        let counts = usage.counts(of: id)
        let unsure = usage.isComplete ? "" : ", and perhaps more (GET /kms/usage says why)"
        return KeyDependants(
            members: KeyUsage.members(counts) + [
                JSONMember("complete", .boolean(usage.isComplete))
            ],
            isFree: usage.isComplete && !counts.isDependedOn,
            text:
                "\(counts.objects) objects, \(counts.uploads) uploads, \(counts.bucketKeys) bucket "
                + "keys and \(counts.attributeKeys) attribute keys depend on \(id)" + unsure
        )
    }

    /// The receipt of a shredding: what was made unreadable, and when.
    func recordShredding(_ id: KeyID, _ dependants: KeyDependants?) {
        var record = AuditRecord(
            time: services.clock(),
            requestID: "",
            principal: nil,
            operation: "kms:CryptoShred",
            outcome: .success,
            sourceAddress: ""
        )
        record.keyID = id.name
        record.reason = dependants?.text ?? "what depends on it couldn't be counted"
        services.audit.record(record)
    }
}
