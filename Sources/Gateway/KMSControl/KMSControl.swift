import Daemon
import Encoding
import KMS
import Synchronization

/// Changes which KMS a running gateway works with.
actor KMSControl: KMSAdminServices {
    private let ring: KeyRing
    private let folder: StateFolder?
    private let open: ProviderOpening
    private let work: KMSControlWork
    private var backends: KMSBackends
    private var isChanging = false

    init(
        _ backends: KMSBackends,
        _ folder: StateFolder?,
        _ open: @escaping ProviderOpening,
        _ work: KMSControlWork
    ) {
        self.backends = backends
        ring = work.services.keys
        self.folder = folder
        self.open = open
        self.work = work
    }

    /// What runs its rewrap jobs.
    nonisolated var runner: RewrapRunner { work.runner }

    func retired() -> [JSONValue] { backends.retired.map(\.json) }

    func configuration() -> [JSONMember] {
        [
            JSONMember("backend_summary", .object(backends.current.provider?.summary ?? [])),
            JSONMember(
                "given_to_admin_api",
                .array(backends.changes.map { .string($0.name) })
            ),
            JSONMember("survives_restart", .boolean(folder != nil)),
        ]
    }

    func configure(
        _ members: [JSONMember],
        proving: Bool
    ) async throws(KMSAdminError) -> [JSONMember] {
        guard !isChanging else {
            throw .conflict("another configuration is being tried; ask again when it is answered")
        }
        isChanging = true
        defer { isChanging = false }
        let (members, drops) = try await droppingRetired(members)
        let old = backends
        let given = try KMSFields.changes(members, backend: old.current.kind)
        var next = old
        if drops { next.retired = [] }
        next.changes = KMSBackends.merged(old.changes, given)
        let ringSettings: KeyRingSettings
        do throws(SettingsError) { next.settings = try old.settings.changed(by: given) } catch {
            let reasons = error.problems.map { "\($0.message): \($0.hint)" }
            throw .invalidRequest(reasons.joined(separator: "; "))
        }
        var isKeyMade = false
        do throws(GatewayStartError) {
            next = try await replaced(old, next, dropsRetired: drops)
            ringSettings = try KeyServices.ringSettings(next.settings)
            if proving { isKeyMade = try await prove(next, ringSettings) }
            let provider = try next.provider
            try await store(next)
            backends = next
            ring.reconfigure(provider, ringSettings)
            old.retire(unlessIn: next)
        } catch {
            throw .invalidRequest(
                "the old configuration stays: \(error.problem)"
                    + (error.hint.map { "; \($0)" } ?? "")
            )
        }
        return [
            JSONMember("survives_restart", .boolean(folder != nil)),
            JSONMember("default_key_made", .boolean(isKeyMade)),
            JSONMember("retired_backends", .array(next.retired.map(\.json))),
        ]
    }

    /// Opens the backend of the new settings, unless it is one that is open already.
    private func replaced(
        _ old: KMSBackends,
        _ new: KMSBackends,
        dropsRetired: Bool
    ) async throws(GatewayStartError) -> KMSBackends {
        var next = new
        let wanted = KMSBackend(new.settings, nil)
        let known = ([old.current] + old.retired).first { $0.place == wanted.place }
        if let known, known.provider != nil, known.isOpened(as: wanted) {
            next.current = known
        } else if let known, known.provider != nil, wanted.kind == "local" {
            throw GatewayStartError(
                "the folder of keys is open under another master key",
                hint: "leave master_key and passphrase_file as they are, or name another key_dir"
            )
        } else {
            next.current = KMSBackend(new.settings, try await open(new.settings))
        }
        let others = [old.current] + (dropsRetired ? [] : old.retired)
        next.retired = others.filter { $0.place != wanted.place }
        return next
    }

    /// The members without those about retired backends, and whether these go.
    ///
    /// - Throws: 409 while something needs one, or where that can't be told.
    private func droppingRetired(
        _ members: [JSONMember]
    ) async throws(KMSAdminError) -> (others: [JSONMember], drops: Bool) {
        let drops = members.contains { $0.name == "drop_retired" && $0.value == true }
        let isForced = members.contains { $0.name == "force" && $0.value == true }
        let others = members.filter { member in
            !(["drop_retired", "force"].contains(member.name) && member.value.boolean != nil)
        }
        guard drops, !isForced else { return (others, drops) }
        let usage = try await work.take()
        guard usage.onRetired == 0, usage.unresolved == 0, usage.isComplete else {
            throw .conflict(
                "\(usage.onRetired) records, objects and uploads need a retired backend, and "
                    + "\(usage.gaps.count) things couldn't be looked at (GET /kms/usage); "
                    + "POST /kms/rewrap with objects: true moves what can be moved"
            )
        }
        return (others, true)
    }

    /// Makes the default key where the backend is new and has none, and has it wrap and unwrap.
    ///
    /// - Returns: whether the default key was made.
    private func prove(
        _ next: KMSBackends,
        _ settings: KeyRingSettings
    ) async throws(GatewayStartError) -> Bool {
        let provider = try next.provider.wrapping
        do throws(KMSError) {
            var isMade = false
            if next.current.place != backends.current.place, let keyID = settings.defaultKeyID {
                do throws(KMSError) {
                    _ = try await provider.describe(keyID)
                } catch .keyNotFound {
                    _ = try await provider.create(KeyCreation(id: keyID))
                    isMade = true
                }
            }
            try await ring.prove(provider, settings)
            return isMade
        } catch {
            throw GatewayStartError("it doesn't wrap and unwrap", hint: error.explanation)
        }
    }

    func beginRewrap(_ members: [JSONMember]) async throws(KMSAdminError) -> JSONValue {
        try await work.beginRewrap(members)
    }

    func rewrap(_ job: String) async throws(KMSAdminError) -> JSONValue {
        try await work.runner.find(job)
    }

    func usage() async throws(KMSAdminError) -> JSONValue { try await work.usage() }

    func dependants(on id: KeyID) async throws(KMSAdminError) -> KeyDependants {
        try await work.dependants(on: id)
    }

    func recordShredding(_ id: KeyID, _ dependants: KeyDependants?) {
        work.recordShredding(id, dependants)
    }

    private func store(_ next: KMSBackends) async throws(GatewayStartError) {
        do throws(KMSError) {
            try await folder?.write(KMSBackends.file, next.stored)
        } catch {
            throw GatewayStartError("kms.state_dir can't be written", hint: error.explanation)
        }
    }
}
