import Daemon
import Encoding
import KMS

/// One configured KMS: its provider, and the settings that lead to it.
struct KMSBackend: Sendable {
    /// `local`, `vault` or `aws`.
    let kind: String
    /// Everything that was set for it, secrets among them.
    let changes: [SettingChange]
    /// What would be other keys under the same names: where it is.
    let place: [SettingChange]
    /// Settings that its connections are made with.
    let limits: [SettingChange]
    /// `nil` where it couldn't be opened.
    let provider: (any KeyProvider)?

    /// The backend of settings that `provider` was opened with.
    init(_ settings: Settings, _ provider: (any KeyProvider)?) {
        let kind = settings[GatewayKMSSettings.backendType]
        self.kind = kind
        self.provider = provider
        changes =
            [SettingChange("kms.backend_type", kind)]
            + settings.changes(beginning: ["kms.\(kind)."])
        limits =
            kind == "local"
            ? []
            : settings.changes(beginning: [
                "kms.timeout", "kms.calls_in_flight_max", "kms.circuit_",
            ])
        let names: [any SettingDeclaring] =
            switch kind {
            case "vault":
                [VaultKMSSettings.address, VaultKMSSettings.mountPath, VaultKMSSettings.namespace]
            case "aws": [AWSKMSSettings.region, AWSKMSSettings.endpoint]
            default: [GatewayKMSSettings.localDirectory]
            }
        place =
            [SettingChange("kms.backend_type", kind)]
            + settings.changes(beginning: names.map(\.declaration.name))
    }

    /// Whether both were opened with the same settings, and so have one provider.
    func isOpened(as other: KMSBackend) -> Bool {
        place == other.place && changes == other.changes && limits == other.limits
    }

    /// For status answers; never a secret.
    var json: JSONValue {
        [
            "backend_type": .string(kind),
            "backend_summary": .object(provider?.summary ?? []),
            "usable": .boolean(provider != nil),
        ]
    }
}

/// The KMS in force, those retired, and what was changed since the settings were read.
struct KMSBackends: Sendable {
    /// The file in the state folder.
    static let file = "kms.json"
    private static let format: JSONValue = "sealgate-kms-state-1"

    /// The settings in force.
    var settings: Settings
    /// What of them was given to the admin API.
    var changes: [SettingChange] = []
    var current: KMSBackend
    /// The one that went last first.
    var retired: [KMSBackend] = []

    /// The current provider, and behind it the retired ones.
    var provider: any KeyProvider {
        get throws(GatewayStartError) {
            guard let provider = current.provider else {
                throw GatewayStartError("the KMS can't be opened", hint: "see the settings kms.*")
            }
            let others = retired.compactMap(\.provider)
            return others.isEmpty ? provider : ProviderChain(provider, retired: others)
        }
    }

    /// Has the providers let go of their connections that others don't have any more.
    func retire(unlessIn next: KMSBackends) {
        let kept = [next.current] + next.retired
        for backend in [current] + retired
        where !kept.contains(where: { $0.isOpened(as: backend) }) { backend.provider?.retire() }
    }

    /// Changes over those before, each setting once.
    static func merged(_ old: [SettingChange], _ new: [SettingChange]) -> [SettingChange] {
        func setting(_ change: SettingChange) -> Substring {
            let name = change.name[...]
            return name.hasSuffix("_file") ? name.dropLast("_file".count) : name
        }
        let given = Set(new.map(setting))
        return old.filter { !given.contains(setting($0)) } + new
    }

    /// What the state folder keeps, secrets that were given themselves among it.
    var stored: [UInt8] {
        let document: JSONValue = [
            "format": Self.format, "changes": Self.json(changes),
            "retired": .array(retired.map { Self.json($0.changes) }),
        ]
        return document.encode()
    }

    private static func json(_ changes: [SettingChange]) -> JSONValue {
        .object(changes.map { JSONMember($0.name, .string($0.text)) })
    }

    /// What a file of the state folder says; `nil` for one that says something else.
    static func read(
        _ bytes: [UInt8]
    ) -> (changes: [SettingChange], retired: [[SettingChange]])? {
        guard let file = try? JSONValue(reading: bytes), file["format"] == format,
            let changes = file["changes"].flatMap(changes), let lists = file["retired"]?.array
        else { return nil }
        let retired = lists.compactMap(Self.changes)
        return retired.count == lists.count ? (changes, retired) : nil
    }

    private static func changes(_ value: JSONValue) -> [SettingChange]? {
        guard let members = value.object else { return nil }
        let changes = members.compactMap { member in
            member.value.string.map { SettingChange(member.name, $0) }
        }
        return changes.count == members.count ? changes : nil
    }
}
