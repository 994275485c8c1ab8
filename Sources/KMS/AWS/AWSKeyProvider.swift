public import Encoding
internal import HTTPWire

/// A KMS that speaks the protocol of AWS KMS; requests are signed by its transport.
///
/// A key is named by its id, its ARN, or anything else: then by the alias `alias/NAME`, which is
/// also how a key with a chosen name is made.
public final class AWSKeyProvider: KeyProvider {
    /// Pages of 100 keys or aliases that a listing reads.
    static let pageCountMax = 100

    private let region: String
    private let endpoint: String
    private let credentials: String
    private let expires: @Sendable () -> Int64?
    private let transport: any KMSTransport
    private let now: @Sendable () -> Timestamp

    /// A provider; nothing is sent before the first call.
    ///
    /// - Parameters:
    ///   - region: the region, for status answers.
    ///   - endpoint: the service's address, for status answers.
    ///   - credentials: where the credential comes from, for status answers.
    ///   - transport: the way there; it signs what it sends.
    ///   - tokenExpiresInSeconds: when the credential ends.
    ///   - now: the clock that days until a deletion are counted by.
    public init(
        region: String,
        endpoint: String,
        credentials: String = "static",
        _ transport: any KMSTransport,
        tokenExpiresInSeconds: @escaping @Sendable () -> Int64? = { nil },
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.region = region
        self.endpoint = endpoint
        self.credentials = credentials
        expires = tokenExpiresInSeconds
        self.transport = transport
        self.now = now
    }

    /// AWS.
    public var kind: KeyProviderKind { .aws }

    /// Region and address, and where the credential comes from.
    public var summary: [JSONMember] {
        [
            JSONMember("region", .string(region)), JSONMember("endpoint", .string(endpoint)),
            JSONMember("credentials", .string(credentials)),
        ]
    }

    /// Seconds until a temporary credential ends.
    public var tokenExpiresInSeconds: Int64? { expires() }

    /// A key has an id, an ARN and any number of aliases.
    public var hasAliases: Bool { true }

    /// All names of a key; see `KeyProvider`.
    public func names(of id: KeyID) async throws(KMSError) -> [KeyID] {
        let key = try await key(id)
        var names = [id, try KeyID(key.id)]
        let own = [JSONMember("KeyId", .string(key.id))]
        for alias in try await all("ListAliases", "Aliases", own) {
            guard let name = alias["AliasName"]?.string, name.hasPrefix("alias/") else {
                throw .unreachable("the answer's aliases are none")
            }
            names.append(try KeyID(String(name.dropFirst("alias/".count))))
        }
        return names
    }

    /// Lets go of connections; see `KeyProvider`.
    public func retire() { transport.retire() }

    /// Makes a key; see `KeyProvider`.
    ///
    /// A chosen name becomes an alias.
    public func create(_ creation: KeyCreation) async throws(KMSError) -> KeyMetadata {
        try KeyMetadata.checkLimits(creation.description, creation.tags)
        if let id = creation.id {
            guard AWSKeyName.isAlias(id) else { throw .invalidKeyID(id.name) }
            do throws(KMSError) {
                _ = try await key(id)
                throw .conflict(id)
            } catch .keyNotFound {
                // As it should be.
            }
        }
        let made = try await call(
            "CreateKey",
            creation.id,
            [
                JSONMember("Description", .string(creation.description)),
                JSONMember("Tags", AWSKey.json(creation.tags)),
            ]
        )
        let key = try AWSKey(made)
        guard let id = creation.id else { return try await describe(KeyID(key.id)) }
        do throws(KMSError) {
            _ = try await call(
                "CreateAlias",
                id,
                [
                    JSONMember("AliasName", .string(AWSKeyName.reference(id))),
                    JSONMember("TargetKeyId", .string(key.id)),
                ]
            )
        } catch {
            // A key that nobody can name.
            _ = try? await call(
                "ScheduleKeyDeletion",
                id,
                [
                    JSONMember("KeyId", .string(key.id)), JSONMember("PendingWindowInDays", 7),
                ]
            )
            throw error
        }
        return try await describe(id)
    }

    /// Tells about a key; see `KeyProvider`.
    ///
    /// Its version is always 1: AWS shows none.
    public func describe(_ id: KeyID) async throws(KMSError) -> KeyMetadata {
        let key = try await key(id)
        guard key.isSymmetric else {
            throw .misconfigured("key \(id) of the KMS is no symmetric key for encryption")
        }
        let reply = try await call("ListResourceTags", id, [JSONMember("KeyId", .string(key.id))])
        return key.metadata(id, try AWSKey.tags(reply))
    }

    /// Lists keys by their aliases, those without one by their ids; see `KeyProvider`.
    public func list(limit: Int, after marker: KeyID?) async throws(KMSError) -> KeyPage {
        let (ids, unreadable) = try await names()
        return try await .describing(ids, limit: limit, after: marker, unreadable: unreadable) {
            id throws(KMSError) in try await self.describe(id)
        }
    }

    /// Makes and wraps a data key; see `KeyProvider`.
    public func generateDataKey(
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> GeneratedDataKey {
        let reply = try await call(
            "GenerateDataKey",
            id,
            [
                Self.reference("KeyId", id), JSONMember("KeySpec", "AES_256"),
                Self.context("EncryptionContext", context),
            ]
        )
        return GeneratedDataKey(
            key: try reply.dataKey(),
            wrapped: try reply.wrapped(),
            keyVersion: 1
        )
    }

    /// Unwraps a data key; see `KeyProvider`.
    public func decrypt(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> DataKey {
        // The service calls such a request malformed.
        guard (1...6144).contains(wrapped.count) else { throw .ciphertextInvalid }
        return try await call(
            "Decrypt",
            id,
            [
                Self.reference("KeyId", id), Self.blob(wrapped),
                Self.context("EncryptionContext", context),
            ]
        ).dataKey()
    }

    /// Wraps a data key anew, inside the service; see `KeyProvider`.
    public func rewrap(
        _ wrapped: [UInt8],
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        let reply = try await call(
            "ReEncrypt",
            id,
            [
                Self.blob(wrapped), Self.reference("SourceKeyId", id),
                Self.context("SourceEncryptionContext", context),
                Self.reference("DestinationKeyId", id),
                Self.context("DestinationEncryptionContext", context),
            ]
        )
        return RewrappedDataKey(wrapped: try reply.wrapped(), keyVersion: 1)
    }

    /// Wraps a data key that is there already; see `KeyProvider`.
    public func wrap(
        _ dataKey: DataKey,
        under id: KeyID,
        context: EncryptionContext
    ) async throws(KMSError) -> RewrappedDataKey {
        let reply = try await call(
            "Encrypt",
            id,
            [
                Self.reference("KeyId", id), JSONMember("Plaintext", .string(dataKey.base64)),
                Self.context("EncryptionContext", context),
            ]
        )
        return RewrappedDataKey(wrapped: try reply.wrapped(), keyVersion: 1)
    }

    /// What a wrapped key says of itself; see `KeyProvider`.
    ///
    /// The service's form is its own; those of the other providers are known.
    public func recognize(_ wrapped: [UInt8]) -> WrappedKeyOrigin {
        let isOthers =
            LocalWrap.recognize(wrapped) != .foreign || (try? VaultWrapped(wrapped)) != nil
        return isOthers ? .foreign : .ownKind
    }

    /// Changes a key; see `KeyProvider`.
    public func change(
        _ id: KeyID,
        _ change: KeyChange
    ) async throws(KMSError) -> KeyMetadata {
        let before = try await describe(id)
        if case .pendingDeletion = before.state, change.isRefusedOfPending {
            throw .keyPendingDeletion(id)
        }
        let key = JSONMember("KeyId", .string(try await self.key(id).id))
        switch change {
        case .cancelDeletion:
            if case .pendingDeletion = before.state {
                _ = try await call("CancelKeyDeletion", id, [key])
            }
        case .description(let text):
            try KeyMetadata.checkLimits(text, [])
            let text = JSONMember("Description", .string(text))
            _ = try await call("UpdateKeyDescription", id, [key, text])
        case .disable: _ = try await call("DisableKey", id, [key])
        case .enable: _ = try await call("EnableKey", id, [key])
        case .rotate: _ = try await call("RotateKeyOnDemand", id, [key])
        case .scheduleDeletion(let time):
            let days = (time.milliseconds - now().milliseconds + 43_200_000) / 86_400_000
            let window = JSONMember("PendingWindowInDays", .integer(min(max(days, 7), 30)))
            _ = try await call("ScheduleKeyDeletion", id, [key, window])
        case .tag(let tags):
            var all = before.tags
            all.replace(by: tags)
            try KeyMetadata.checkLimits("", all)
            _ = try await call("TagResource", id, [key, JSONMember("Tags", AWSKey.json(tags))])
        case .untag(let names):
            let names = JSONValue.array(names.map { .string($0) })
            _ = try await call("UntagResource", id, [key, JSONMember("TagKeys", names)])
        }
        return try await describe(id)
    }

    // MARK: Calls

    private func key(_ id: KeyID) async throws(KMSError) -> AWSKey {
        try AWSKey(try await call("DescribeKey", id, [Self.reference("KeyId", id)]))
    }

    private func call(
        _ operation: String,
        _ id: KeyID?,
        _ members: [JSONMember]
    ) async throws(KMSError) -> AWSReply {
        // An empty context, or description, is left out.
        let members = members.filter { $0.value != .object([]) }
        let request = KMSRequest(
            .post,
            "/",
            fields: HTTPFields([
                ("content-type", "application/x-amz-json-1.1"),
                ("x-amz-target", "TrentService.\(operation)"),
            ]),
            body: JSONValue.object(members).encode()
        )
        let reply = AWSReply(try await transport.send(request))
        try reply.requireSuccess(id)
        return reply
    }

    /// The names of all keys, in their order, and what can be named by none.
    private func names() async throws(KMSError) -> (ids: [KeyID], unreadable: [String]) {
        var aliases: [String: [String]] = [:]
        for alias in try await all("ListAliases", "Aliases") {
            guard let name = alias["AliasName"]?.string, let key = alias["TargetKeyId"]?.string
            else { continue }
            aliases[key, default: []].append(String(name.dropFirst("alias/".count)))
        }
        var ids: [KeyID] = []
        var unreadable: [String] = []
        for key in try await all("ListKeys", "Keys") {
            guard let id = key["KeyId"]?.string else { continue }
            let names = aliases[id] ?? [id]
            // Keys that AWS manages for its services.
            for name in names where !name.hasPrefix("aws/") {
                if let id = try? KeyID(name) { ids.append(id) } else { unreadable.append(name) }
            }
        }
        return (ids.sorted(), unreadable.sorted())
    }

    private func all(
        _ operation: String,
        _ name: String,
        _ others: [JSONMember] = []
    ) async throws(KMSError) -> [JSONValue] {
        var found: [JSONValue] = []
        var marker: JSONMember?
        for _ in 0..<Self.pageCountMax {
            let members = [JSONMember("Limit", 100)] + others + (marker.map { [$0] } ?? [])
            let reply = try await call(operation, nil, members)
            found += reply.document[name]?.array ?? []
            guard reply.document["Truncated"]?.boolean == true,
                let next = reply.document["NextMarker"]?.string
            else { return found }
            marker = JSONMember("Marker", .string(next))
        }
        throw .limitExceeded("\(100 * Self.pageCountMax) keys in a listing")
    }

    private static func reference(_ name: String, _ id: KeyID) -> JSONMember {
        JSONMember(name, .string(AWSKeyName.reference(id)))
    }

    private static func blob(_ wrapped: [UInt8]) -> JSONMember {
        JSONMember("CiphertextBlob", .string(Base64.encode(wrapped)))
    }

    private static func context(_ name: String, _ context: EncryptionContext) -> JSONMember {
        JSONMember(name, .object(context.pairs.map { JSONMember($0.name, .string($0.value)) }))
    }
}
