import Encoding
import Synchronization

@testable import KMS

/// A service that answers as AWS KMS is documented to: disabled keys included, which moto uses.
final class FakeAWS: KMSTransport {
    private let keys: MemoryProvider
    private let clock: ManualClock
    private let aliases = Mutex<[String: KeyID]>([:])
    private let answers = Mutex<[KMSReply]>([])

    init(clock: ManualClock) {
        self.clock = clock
        keys = MemoryProvider(clock: clock)
    }

    func provider() -> AWSKeyProvider {
        let clock = clock
        return AWSKeyProvider(region: "eu-1", endpoint: "https://kms.test", self) { clock.now }
    }

    /// The next request gets this answer.
    func answer(_ status: Int, _ body: String) {
        answers.withLock { $0.append(KMSReply(status: status, body: Array(body.utf8))) }
    }

    func send(_ request: KMSRequest) async throws(KMSError) -> KMSReply {
        if let answer = answers.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return answer }
        let operation = request.fields["x-amz-target"]?.split(separator: ".").last ?? ""
        let body = (try? JSONValue(reading: request.body)) ?? nil
        do throws(KMSError) {
            let answer = try await perform(String(operation), body)
            return KMSReply(status: 200, body: answer.encode())
        } catch {
            let type = Self.exception(error)
            let body: JSONValue = ["__type": .string("com.amazonaws#\(type)"), "message": "no"]
            return KMSReply(status: 400, body: body.encode())
        }
    }

    private static func exception(_ error: KMSError) -> String {
        switch error {
        case .ciphertextInvalid: "InvalidCiphertextException"
        case .conflict: "AlreadyExistsException"
        case .keyDisabled: "DisabledException"
        case .keyNotFound: "NotFoundException"
        case .keyPendingDeletion: "KMSInvalidStateException"
        default: "ValidationException"
        }
    }

    private func id(_ value: JSONValue?) throws(KMSError) -> KeyID {
        let name = value?.string ?? ""
        if let id = aliases.withLock({ $0[name] }) { return id }
        guard !name.hasPrefix("alias/") else { throw .keyNotFound(try KeyID(name)) }
        return try KeyID(name)
    }

    private func perform(
        _ operation: String,
        _ body: JSONValue
    ) async throws(KMSError) -> JSONValue {
        switch operation {
        case "CreateKey":
            let description = body["Description"]?.string ?? ""
            let creation = KeyCreation(
                id: try .random(),
                description: description,
                tags: Self.tags(body)
            )
            return Self.json(try await keys.create(creation))
        case "CreateAlias":
            let name = body["AliasName"]?.string ?? ""
            let key = try id(body["TargetKeyId"])
            let isNew = aliases.withLock { aliases in
                defer { aliases[name] = aliases[name] ?? key }
                return aliases[name] == nil
            }
            guard isNew else { throw .conflict(key) }
            return .object([])
        case "ListAliases":
            let key = try body["KeyId"].map { value throws(KMSError) in try id(value) }
            let all = aliases.withLock { $0 }.filter { key == nil || $0.value == key }
            return [
                "Aliases": .array(
                    all.map {
                        ["AliasName": .string($0.key), "TargetKeyId": .string($0.value.name)]
                    }
                )
            ]
        case "ListKeys":
            let page = try await keys.list(limit: 1000, after: nil)
            return ["Keys": .array(page.keys.map { ["KeyId": .string($0.id.name)] })]
        case "DescribeKey": return Self.json(try await keys.describe(id(body["KeyId"])))
        case "ListResourceTags":
            let tags = try await keys.describe(id(body["KeyId"])).tags
            return ["Tags": AWSKey.json(tags)]
        case "Decrypt", "Encrypt", "GenerateDataKey", "ReEncrypt":
            return try await use(operation, body)
        default: return try await change(operation, body)
        }
    }

    private func use(_ operation: String, _ body: JSONValue) async throws(KMSError) -> JSONValue {
        let id = try id(body["KeyId"] ?? body["SourceKeyId"])
        let pairs = body["EncryptionContext"] ?? body["SourceEncryptionContext"]
        let context = try EncryptionContext(pairs ?? .object([]))
        let blob = Base64.decode(body["CiphertextBlob"]?.string ?? "") ?? []
        switch operation {
        case "Decrypt":
            let key = try await keys.decrypt(blob, under: id, context: context)
            return ["Plaintext": Self.plaintext(key)]
        case "Encrypt":
            let key = try DataKey(base64: body["Plaintext"]?.string ?? "")
            let made = try await keys.wrap(key, under: id, context: context)
            return ["CiphertextBlob": .string(Base64.encode(made.wrapped))]
        case "ReEncrypt":
            let again = try await keys.rewrap(blob, under: id, context: context)
            return ["CiphertextBlob": .string(Base64.encode(again.wrapped))]
        default:
            let made = try await keys.generateDataKey(under: id, context: context)
            return [
                "CiphertextBlob": .string(Base64.encode(made.wrapped)),
                "Plaintext": Self.plaintext(made.key),
            ]
        }
    }

    private func change(
        _ operation: String,
        _ body: JSONValue
    ) async throws(KMSError) -> JSONValue {
        let names = (body["TagKeys"]?.array ?? []).compactMap { $0.string }
        let days = body["PendingWindowInDays"]?.integer ?? 30
        let time = Timestamp(milliseconds: clock.now.milliseconds + days * 86_400_000)
        let changes: [String: KeyChange] = [
            "CancelKeyDeletion": .cancelDeletion, "DisableKey": .disable, "EnableKey": .enable,
            "RotateKeyOnDemand": .rotate, "ScheduleKeyDeletion": .scheduleDeletion(time),
            "TagResource": .tag(Self.tags(body)), "UntagResource": .untag(names),
            "UpdateKeyDescription": .description(body["Description"]?.string ?? ""),
        ]
        guard let change = changes[operation] else { throw .notSupported }
        // These take no alias.
        return Self.json(try await keys.change(try KeyID(body["KeyId"]?.string ?? ""), change))
    }

    private static func tags(_ body: JSONValue) -> [KeyTag] {
        (body["Tags"]?.array ?? []).map {
            KeyTag($0["TagKey"]?.string ?? "", $0["TagValue"]?.string ?? "")
        }
    }

    private static func plaintext(_ key: DataKey) -> JSONValue {
        .string(key.withSpan { key in Base64.encode(key.indices.map { key[$0] }) })
    }

    private static func json(_ key: KeyMetadata) -> JSONValue {
        var state = "Enabled"
        var deletion: JSONValue = nil
        switch key.state {
        case .enabled: break
        case .disabled: state = "Disabled"
        case .pendingDeletion(let time):
            state = "PendingDeletion"
            deletion = .number(Double(time.milliseconds) / 1000)
        }
        return [
            "KeyMetadata": [
                "KeyId": .string(key.id.name), "KeyState": .string(state),
                "Description": .string(key.description), "DeletionDate": deletion,
                "CreationDate": .number(Double(key.created.milliseconds) / 1000),
            ]
        ]
    }
}
