import Crypto
import Encoding
import HTTPWire
import Synchronization

@testable import KMS

/// A server that answers as OpenBao 2.7.2 was seen to, with faults to order.
final class FakeVault: KMSTransport {
    struct State {
        var keys: [String: LocalKey] = [:]
        var softDeleted: Set<String> = []
        var underived: Set<String> = []
        var records: [String: (value: JSONValue, version: Int64)] = [:]
        var tokens: Set<String> = []
        var denied: Set<String> = []
        var lifetimeSeconds: Int64 = 3600
        var isRenewable = true
        var isSealed = false
        var loginCount = 0
        var answers: [(prefix: String, outcome: Result<KMSReply, KMSError>)] = []
        var requests: [KMSRequest] = []
        var held: [CheckedContinuation<Void, Never>] = []
        var heldPath: String?
    }

    let state: Mutex<State>
    private let clock: ManualClock

    init(clock: ManualClock) {
        self.clock = clock
        state = Mutex(State())
    }

    var settings: VaultSettings {
        var settings = VaultSettings(
            address: "https://vault.test:8200",
            authentication: .appRole(
                roleID: "role",
                secretID: KMSSecret { () throws(KMSError) in Array("secret".utf8) }
            )
        )
        settings.metadataMount = "kv"
        return settings
    }

    func provider() throws -> VaultKeyProvider { try provider(settings) }

    func provider(_ settings: VaultSettings) throws -> VaultKeyProvider {
        let clock = clock
        return try VaultKeyProvider(settings, self, now: { clock.now })
    }

    /// The paths asked for so far.
    var paths: [String] { state.withLock { $0.requests.map(\.target) } }
    func count(_ path: String) -> Int { paths.filter { $0.hasPrefix("/v1/" + path) }.count }

    /// The next request below a path gets this answer.
    func answer(_ path: String, _ status: Int, _ body: String = "{}") {
        answer(path, .success(KMSReply(status: status, body: Array(body.utf8))))
    }

    func answer(_ path: String, _ outcome: Result<KMSReply, KMSError>) {
        state.withLock { $0.answers.append(("/v1/" + path, outcome)) }
    }

    /// Every token is dead from now on.
    func revoke() { state.withLock { $0.tokens = [] } }

    /// Requests below a path wait until they are released.
    func hold(_ path: String) { state.withLock { $0.heldPath = "/v1/" + path } }

    func release() {
        let held = state.withLock { state in
            defer { state.held = [] }
            state.heldPath = nil
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    func send(_ request: KMSRequest) async throws(KMSError) -> KMSReply {
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                guard let path = state.heldPath, request.target.hasPrefix(path) else {
                    return false
                }
                state.held.append(continuation)
                return true
            }
            if !isHeld { continuation.resume() }
        }
        let now = clock.now
        let outcome = state.withLock { state -> Result<KMSReply, KMSError> in
            state.requests.append(request)
            if let index = state.answers.firstIndex(where: {
                request.target.hasPrefix($0.prefix)
            }) {
                return state.answers.remove(at: index).outcome
            }
            return .success(state.reply(to: request, now: now))
        }
        return try outcome.get()
    }
}

extension FakeVault.State {
    mutating func reply(to request: KMSRequest, now: Timestamp) -> KMSReply {
        guard !isSealed else { return .error(503, "Vault is sealed") }
        let path = String(request.target.dropFirst("/v1/".count))
        let body = (try? JSONValue(reading: request.body)) ?? nil
        if path.hasPrefix("auth/approle/login") { return login(body) }
        guard let token = request.fields["x-vault-token"], tokens.contains(token),
            !denied.contains(where: { path.hasPrefix($0) })
        else { return .error(403, "permission denied") }
        if path == "auth/token/lookup-self" {
            return .data(["ttl": .integer(lifetimeSeconds), "renewable": .boolean(isRenewable)])
        }
        if path == "auth/token/renew-self" { return grant(token) }
        if path == "transit/keys?list=true" {
            return .data(["keys": .array(keys.keys.sorted().map { .string($0) })])
        }
        let parts = path.split(separator: "/").map(String.init)
        if parts.first == "kv" { return record(path, request.method, body) }
        guard parts.count >= 3, parts[0] == "transit" else { return .error(404, "no handler") }
        if parts[1] == "keys" {
            return key(request.method, parts[2], parts.dropFirst(3).first, now)
        }
        let operation = parts[1] == "datakey" ? "datakey" : parts[1]
        return use(operation, parts[1] == "datakey" ? parts[3] : parts[2], body)
    }

    private mutating func login(_ body: JSONValue) -> KMSReply {
        guard body["role_id"] == "role", body["secret_id"] == "secret" else {
            return .error(400, "invalid role or secret ID")
        }
        loginCount += 1
        let token = "s.\(loginCount)"
        tokens.insert(token)
        return grant(token)
    }

    private func grant(_ token: String) -> KMSReply {
        KMSReply(
            status: 200,
            body: ([
                "auth": [
                    "client_token": .string(token), "lease_duration": .integer(lifetimeSeconds),
                    "renewable": .boolean(isRenewable),
                ]
            ] as JSONValue).encode()
        )
    }

    private mutating func record(
        _ path: String,
        _ method: HTTPMethod,
        _ body: JSONValue
    ) -> KMSReply {
        let found = records[path]
        if method == .get {
            guard let found else {
                return KMSReply(status: 404, body: Array(#"{"errors":[]}"#.utf8))
            }
            return .data(["data": found.value, "metadata": ["version": .integer(found.version)]])
        }
        let version = found?.version ?? 0
        guard body["options"]?["cas"] == .integer(version), let data = body["data"] else {
            return .error(400, "check-and-set parameter did not match the current version")
        }
        records[path] = (data, version + 1)
        return .data(["version": .integer(version + 1)])
    }

    private mutating func key(
        _ method: HTTPMethod,
        _ name: String,
        _ operation: String?,
        _ now: Timestamp
    ) -> KMSReply {
        if method == .post, operation == nil, keys[name] == nil {
            guard let id = try? KeyID(name),
                let key = try? LocalKey(KeyMetadata(id: id, created: now))
            else { return .error(404, "unsupported path") }
            keys[name] = key
        }
        guard let key = keys[name] else {
            return KMSReply(status: 404, body: Array(#"{"errors":[]}"#.utf8))
        }
        switch operation {
        case "rotate":
            guard !softDeleted.contains(name), let next = try? key.changed(.rotate, now: now) else {
                return .error(500, "1 error occurred:\n\t* refusing to use soft-deleted key\n\n")
            }
            keys[name] = next
        case "soft-delete": softDeleted.insert(name)
        case "soft-delete-restore": softDeleted.remove(name)
        default: break
        }
        let current = keys[name]?.metadata.currentVersion ?? 1
        return .data([
            "type": "aes256-gcm96", "derived": .boolean(!underived.contains(name)),
            "latest_version": .integer(Int64(current)),
            "soft_deleted": .boolean(softDeleted.contains(name)),
            "keys": ["1": .integer(key.metadata.created.milliseconds / 1000)],
        ])
    }

    private func use(_ operation: String, _ name: String, _ body: JSONValue) -> KMSReply {
        guard let key = keys[name] else { return .error(400, "encryption key not found") }
        guard !softDeleted.contains(name) else {
            return .error(400, "refusing to use soft-deleted key")
        }
        do {
            let bytes = Base64.decode(body["context"]?.string ?? "") ?? []
            let context = try EncryptionContext(json: bytes)
            let dataKey: DataKey
            if operation == "datakey" {
                dataKey = DataKey(try SecretBytes.random(count: 32))
            } else if operation == "encrypt" {
                dataKey = try DataKey(base64: body["plaintext"]?.string ?? "")
            } else {
                dataKey = try unwrap(body["ciphertext"]?.string ?? "", key, context)
            }
            let plaintext = dataKey.withSpan { key in
                Base64.encode(key.indices.map { key[$0] })
            }
            if operation == "decrypt" { return .data(["plaintext": .string(plaintext)]) }
            let version = key.metadata.currentVersion
            guard let versionKey = key.key(version) else { return .error(500, "internal error") }
            let wrapped = try LocalWrap.wrap(
                dataKey,
                under: versionKey,
                version: version,
                context: context
            )
            return .data([
                "ciphertext": .string("vault:v\(version):\(Base64.encode(wrapped.dropFirst(5)))"),
                "key_version": .integer(Int64(version)), "plaintext": .string(plaintext),
            ])
        } catch {
            return .error(400, "cipher: message authentication failed")
        }
    }

    private func unwrap(
        _ text: String,
        _ key: LocalKey,
        _ context: EncryptionContext
    ) throws -> DataKey {
        let wrapped = try VaultWrapped(text)
        guard let versionKey = key.key(wrapped.version) else { throw KMSError.ciphertextInvalid }
        let version = withUnsafeBytes(of: wrapped.version.bigEndian, Array.init)
        let sealed = Base64.decode(text.split(separator: ":")[2].utf8) ?? []
        return try LocalWrap.unwrap([1] + version + sealed, under: versionKey, context: context)
    }
}

extension KMSReply {
    static func data(_ value: JSONValue) -> KMSReply {
        KMSReply(status: 200, body: (["data": value] as JSONValue).encode())
    }

    static func error(_ status: Int, _ text: String) -> KMSReply {
        KMSReply(status: status, body: (["errors": [.string(text)]] as JSONValue).encode())
    }
}
