internal import Encoding

extension KMSAdmin {
    /// `GET /kms/keys?limit=&marker=`.
    func listKeys(
        _ query: [(name: String, value: String)]
    ) async throws(KMSAdminError) -> KMSAdminAnswer {
        var limit = 100
        var marker: KeyID?
        for (name, value) in query {
            switch name {
            case "limit":
                guard let number = Self.number(value), (1...1000).contains(number) else {
                    throw .invalidRequest("limit must be a number from 1 to 1000")
                }
                limit = number
            case "marker":
                if !value.isEmpty { marker = try keyID(value) }
            default: continue
            }
        }
        let (provider, count, start) = (ring.provider, limit, marker)
        let page = try await call { () async throws(KMSError) in
            try await provider.list(limit: count, after: start)
        }
        let keys = page.keys.map { key -> JSONValue in
            ["key_id": .string(key.id.name), "description": .string(key.description)]
        }
        return KMSAdminAnswer([
            "keys": .array(keys),
            "truncated": .boolean(page.nextMarker != nil),
            "next_marker": page.nextMarker.map { .string($0.name) } ?? nil,
            "unreadable_key_ids": .array(page.unreadable.map { .string($0) }),
        ])
    }

    /// `POST /kms/keys`.
    func createKey(_ body: [UInt8]) async throws(KMSAdminError) -> KMSAdminAnswer {
        var creation = KeyCreation()
        for member in try members(body) {
            switch member.name {
            case "KeyUsage":
                guard member.value == "ENCRYPT_DECRYPT" else {
                    throw .invalidRequest("KeyUsage must be ENCRYPT_DECRYPT")
                }
            case "KeyId", "key_id":
                guard creation.id == nil else {
                    throw .invalidRequest("KeyId may be there once only")
                }
                creation.id = try keyID(try text(member))
            case "Description": creation.description = try text(member)
            case "Tags": creation.tags = try tags(member)
            default: throw unknown(member)
            }
        }
        let (provider, request) = (ring.provider, creation)
        let key = try await call { () async throws(KMSError) in try await provider.create(request) }
        return KMSAdminAnswer([
            "key_id": .string(key.id.name), "key_metadata": Self.json(key),
        ])
    }

    /// `GET /kms/keys/{id}`.
    func describeKey(_ name: String) async throws(KMSAdminError) -> KMSAdminAnswer {
        let (provider, id) = (ring.provider, try keyID(name))
        let key = try await call { () async throws(KMSError) in try await provider.describe(id) }
        return KMSAdminAnswer(["key_metadata": Self.json(key)])
    }

    /// `POST /kms/keys/{enable, disable, rotate, cancel-deletion, update-description, tag, untag}`.
    func changeKey(
        _ operation: String,
        _ body: [UInt8]
    ) async throws(KMSAdminError) -> KMSAdminAnswer {
        let (id, others) = try named(body)
        return try await apply(try change(operation, others), to: id)
    }

    /// `DELETE /kms/keys/delete`: refused while something may depend on the key, unless forced.
    func scheduleDeletion(_ body: [UInt8]) async throws(KMSAdminError) -> KMSAdminAnswer {
        let (id, others) = try named(body)
        var days: Int64 = 30
        var isForced = false
        for member in others {
            switch member.name {
            case "pending_window_in_days":
                guard let number = member.value.integer, (7...30).contains(number) else {
                    throw .invalidRequest("pending_window_in_days must be a number from 7 to 30")
                }
                days = number
            case "force":
                guard let value = member.value.boolean else {
                    throw .invalidRequest("force must be true or false")
                }
                isForced = value
            default: throw unknown(member)
            }
        }
        let time = Timestamp(
            milliseconds: ring.environment.now().milliseconds + days * 86_400_000
        )
        guard let services else {
            if !isForced { try await refuseDeletion(of: id) }
            return try await apply(.scheduleDeletion(time), to: id)
        }
        return try await scheduleDeletion(of: id, time, isForced, services)
    }

    /// Counts first: what isn't proven to be free of dependants is deleted by force alone.
    private func scheduleDeletion(
        of id: KeyID,
        _ time: Timestamp,
        _ isForced: Bool,
        _ services: any KMSAdminServices
    ) async throws(KMSAdminError) -> KMSAdminAnswer {
        var dependants: KeyDependants?
        do throws(KMSAdminError) {
            // A key that isn't there has no dependants to count.
            let provider = ring.provider
            _ = try await call { () async throws(KMSError) in try await provider.describe(id) }
            dependants = try await services.dependants(on: id)
        } catch {
            guard isForced, error.status >= 500 else { throw error }
        }
        if let dependants, !dependants.isFree, !isForced {
            throw .conflict(
                "\(dependants.text), which can't be read from now on; move them with "
                    + "POST /kms/rewrap, or force: true deletes the key"
            )
        }
        let answer = try await apply(.scheduleDeletion(time), to: id)
        guard isForced else { return answer }
        await services.recordShredding(id, dependants)
        let unreadable: JSONValue = dependants.map { .object($0.members) } ?? "unknown"
        let metadata = (try? JSONValue(reading: answer.body))?.object ?? []
        return KMSAdminAnswer(.object(metadata + [JSONMember("unreadable", unreadable)]))
    }

    private func refuseDeletion(of id: KeyID) async throws(KMSAdminError) {
        let counts: (bucketKeys: Int, attributeKeys: Int)
        do throws(KMSError) { counts = try await ring.recordCounts(under: id) } catch {
            throw KMSAdminError(error)
        }
        throw .conflict(
            "\(counts.bucketKeys) bucket keys and \(counts.attributeKeys) attribute keys are "
                + "wrapped under \(id), and perhaps data keys of objects, which aren't "
                + "counted; what they seal can't be read from now on. "
                + "force: true deletes the key"
        )
    }

    /// `POST /kms/generate-data-key`.
    func generateDataKey(_ body: [UInt8]) async throws(KMSAdminError) -> KMSAdminAnswer {
        let (id, others) = try named(body)
        var context = EncryptionContext.empty
        for member in others {
            switch member.name {
            case "key_spec":
                guard member.value == "AES_256" else {
                    throw .invalidRequest("key_spec must be AES_256")
                }
            case "encryption_context":
                do throws(KMSError) { context = try EncryptionContext(member.value) } catch {
                    throw KMSAdminError(error)
                }
                // What wraps the gateway's own keys and objects' keys isn't made for others.
                let reserved = ["aws:s3:arn", "sealgate"]
                guard !context.pairs.contains(where: { reserved.contains($0.name) }) else {
                    throw .invalidRequest(
                        "encryption_context must not name \(reserved.joined(separator: " or "))"
                    )
                }
            default: throw unknown(member)
            }
        }
        let generated: GeneratedDataKey
        do throws(KMSError) {
            generated = try await ring.generateDataKey(under: id, context: context)
        } catch {
            throw KMSAdminError(error)
        }
        return KMSAdminAnswer([
            "key_id": .string(id.name), "plaintext_key": .string(generated.key.base64),
            "ciphertext_blob": .string(Base64.encode(generated.wrapped)),
        ])
    }

    private func named(
        _ body: [UInt8]
    ) throws(KMSAdminError) -> (id: KeyID, others: [JSONMember]) {
        let members = try members(body)
        guard let named = members.first(where: { $0.name == "key_id" || $0.name == "KeyId" }) else {
            throw .invalidRequest("key_id is missing")
        }
        return (try keyID(try text(named)), members.filter { $0.name != named.name })
    }

    private func apply(
        _ change: KeyChange,
        to id: KeyID
    ) async throws(KMSAdminError) -> KMSAdminAnswer {
        let provider = ring.provider
        let key = try await call { () async throws(KMSError) in
            try await provider.change(id, change)
        }
        // A disabled key's bucket and data keys must not go on from memory.
        if key.state != .enabled { ring.forget(id) }
        return KMSAdminAnswer(["key_metadata": Self.json(key)])
    }

    private func change(
        _ operation: String,
        _ members: [JSONMember]
    ) throws(KMSAdminError) -> KeyChange {
        let names = [
            "update-description": "description", "tag": "tags", "untag": "tag_keys",
        ]
        let wanted = names[operation]
        for member in members where member.name != wanted { throw unknown(member) }
        let member = members.first
        if let wanted, member == nil { throw .invalidRequest("\(wanted) is missing") }
        switch (operation, member) {
        case ("enable", _): return .enable
        case ("disable", _): return .disable
        case ("rotate", _): return .rotate
        case ("cancel-deletion", _): return .cancelDeletion
        case ("update-description", .some(let member)): return .description(try text(member))
        case ("tag", .some(let member)): return .tag(try tags(member))
        case ("untag", .some(let member)):
            guard let elements = member.value.array else {
                throw .invalidRequest("tag_keys must be an array of strings")
            }
            var names: [String] = []
            for element in elements { names.append(try text(JSONMember("tag_keys", element))) }
            return .untag(names)
        default: throw .notImplemented("\(operation) is not available")
        }
    }

    private func call<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(KMSError) -> Value
    ) async throws(KMSAdminError) -> Value {
        do throws(KMSError) { return try await ring.calls.once(body) } catch {
            throw KMSAdminError(error)
        }
    }

    private func keyID(_ name: String) throws(KMSAdminError) -> KeyID {
        do throws(KMSError) { return try KeyID(name) } catch { throw KMSAdminError(error) }
    }

    func members(_ body: [UInt8]) throws(KMSAdminError) -> [JSONMember] {
        guard !body.isEmpty else { return [] }
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue(reading: body, limits: JSONLimits(sizeMax: Self.bodyCountMax))
        } catch {
            throw .invalidRequest("the body is no JSON: \(error)")
        }
        guard let members = value.object else {
            throw .invalidRequest("the body must be a JSON object")
        }
        return members
    }

    /// Refuses members where an operation takes none.
    func requireNone(_ body: [UInt8]) throws(KMSAdminError) {
        if let member = try members(body).first { throw unknown(member) }
    }

    private func text(_ member: JSONMember) throws(KMSAdminError) -> String {
        guard let text = member.value.string else {
            throw .invalidRequest("\(member.name) must be a string")
        }
        return text
    }

    private func tags(_ member: JSONMember) throws(KMSAdminError) -> [KeyTag] {
        guard let members = member.value.object else {
            throw .invalidRequest("\(member.name) must be an object of strings")
        }
        var tags: [KeyTag] = []
        for tag in members { tags.append(KeyTag(tag.name, try text(tag))) }
        return tags
    }

    private func unknown(_ member: JSONMember) -> KMSAdminError {
        .invalidRequest("unknown field \(member.name)")
    }

    private static func number(_ text: String) -> Int? {
        guard (1...4).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int(text)
    }

    private static func json(_ key: KeyMetadata) -> JSONValue {
        var deletionDate: JSONValue = nil
        let state: JSONValue
        switch key.state {
        case .enabled: state = "Enabled"
        case .disabled: state = "Disabled"
        case .pendingDeletion(let time):
            state = "PendingDeletion"
            deletionDate = .string(time.iso8601)
        }
        return [
            "key_id": .string(key.id.name),
            "description": .string(key.description),
            "enabled": .boolean(key.state == .enabled),
            "key_usage": "ENCRYPT_DECRYPT",
            "creation_date": .string(key.created.iso8601),
            "rotation_enabled": false,
            "deletion_date": deletionDate,
            "key_state": state,
            "current_version": .integer(Int64(key.currentVersion)),
            "tags": .object(key.tags.map { JSONMember($0.name, .string($0.value)) }),
        ]
    }
}
