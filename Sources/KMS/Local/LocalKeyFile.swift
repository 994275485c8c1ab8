internal import Crypto
internal import Encoding

/// A key of the local provider as a file: one JSON object, authenticated whole.
///
/// Each version's key is sealed with AES-256-GCM under the master key, AAD =
/// `"sealgate/local/v1/key\0" ‖ lp(name) ‖ u32 version`. The last member, `mac`, is HMAC-SHA-384
/// over the object without it, under a key derived from the master key: a changed state or label, a
/// torn file and a file under another name are all noticed.
enum LocalKeyFile {
    static let suffix = ".key"
    private static let format: JSONValue = "sealgate-local-key-1"

    /// The name of a key's file.
    ///
    /// - Throws: `.invalidKeyID` for a name that isn't 1 to 128 of `A-Z a-z 0-9 . _ -`, or begins
    ///   with a dot.
    static func name(_ id: KeyID) throws(KMSError) -> String {
        guard id.name.utf8.count <= 128, !id.name.hasPrefix("."),
            !id.name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") })
        else { throw .invalidKeyID(id.name) }
        return id.name + suffix
    }

    static func encode(_ key: LocalKey, _ master: MasterKey) throws(KMSError) -> [UInt8] {
        var versions: [JSONValue] = []
        for version in key.versions {
            let context = associated(key.metadata.id, version.number)
            let box = try version.key.withSpan { span throws(KMSError) in
                try master.seal(span, context)
            }
            versions.append([
                "version": .integer(Int64(version.number)),
                "created": .integer(version.created.milliseconds),
                "nonce": .string(Base64.encode(box.nonce)),
                "sealed": .string(Base64.encode(box.sealed)),
            ])
        }
        let metadata = key.metadata
        let (state, deletion) = text(metadata.state)
        var members = [
            JSONMember("format", format),
            JSONMember("key_id", .string(metadata.id.name)),
            JSONMember("description", .string(metadata.description)),
            JSONMember("state", .string(state)),
            JSONMember("deletion", deletion),
            JSONMember("created", .integer(metadata.created.milliseconds)),
            JSONMember(
                "tags",
                .object(metadata.tags.map { JSONMember($0.name, .string($0.value)) })
            ),
            JSONMember("versions", .array(versions)),
        ]
        let code = try master.code(JSONValue.object(members).encode())
        members.append(JSONMember("mac", .string(Base64.encode(code))))
        return JSONValue.object(members).encode() + [0x0a]
    }

    /// The key in a file.
    ///
    /// - Throws: `.keyUnreadable`.
    static func decode(
        _ bytes: [UInt8],
        _ id: KeyID,
        _ master: MasterKey
    ) throws(KMSError) -> LocalKey {
        guard let file = try? JSONValue(reading: bytes), var members = file.object,
            let last = members.popLast(), last.name == "mac",
            let code = last.value.string.flatMap({ Base64.decode($0) }),
            ConstantTime.equal(code, try master.code(JSONValue.object(members).encode())),
            file["format"] == format, file["key_id"] == .string(id.name),
            let description = file["description"]?.string, let state = state(file),
            let created = file["created"]?.integer, let tags = file["tags"]?.object,
            let boxes = file["versions"]?.array,
            (1...LocalKey.versionCountMax).contains(boxes.count)
        else { throw .keyUnreadable(id) }
        var versions: [LocalKey.Version] = []
        for (index, box) in boxes.enumerated() {
            versions.append(try version(box, UInt32(index + 1), id, master))
        }
        let metadata = KeyMetadata(
            id: id,
            description: description,
            state: state,
            created: Timestamp(milliseconds: created),
            currentVersion: UInt32(boxes.count),
            tags: tags.map { KeyTag($0.name, $0.value.string ?? "") }
        )
        return LocalKey(metadata: metadata, versions: versions)
    }

    private static func version(
        _ box: JSONValue,
        _ number: UInt32,
        _ id: KeyID,
        _ master: MasterKey
    ) throws(KMSError) -> LocalKey.Version {
        guard box["version"]?.integer == Int64(number), let created = box["created"]?.integer,
            let nonce = box["nonce"]?.string.flatMap({ Base64.decode($0) }),
            let sealed = box["sealed"]?.string.flatMap({ Base64.decode($0) })
        else { throw .keyUnreadable(id) }
        let key: DataKey
        do throws(KMSError) {
            key = try master.open(sealed, nonce: nonce, associated(id, number))
        } catch {
            throw error == .ciphertextInvalid ? .keyUnreadable(id) : error
        }
        guard key.bytes.count == 32 else { throw .keyUnreadable(id) }
        return LocalKey.Version(
            number: number,
            created: Timestamp(milliseconds: created),
            key: key
        )
    }

    private static func associated(_ id: KeyID, _ version: UInt32) -> [UInt8] {
        var bytes = Array("sealgate/local/v1/key\0".utf8)
        bytes.append(prefixed: id.name.utf8)
        bytes.append(bigEndian: version)
        return bytes
    }

    private static func text(_ state: KeyState) -> (String, JSONValue) {
        switch state {
        case .enabled: ("enabled", nil)
        case .disabled: ("disabled", nil)
        case .pendingDeletion(let time): ("pending_deletion", .integer(time.milliseconds))
        }
    }

    private static func state(_ file: JSONValue) -> KeyState? {
        switch (file["state"]?.string, file["deletion"]) {
        case ("enabled", .some(.null)): .enabled
        case ("disabled", .some(.null)): .disabled
        case ("pending_deletion", .some(.integer(let time))):
            .pendingDeletion(Timestamp(milliseconds: time))
        default: nil
        }
    }
}
