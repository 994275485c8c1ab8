import Daemon

/// The settings of the audit stream.
enum AuditSettings {
    static let file = SettingKey.optionalPath(
        "audit.file",
        "File of audit events, one JSON object a line; none are written when left out."
    )
    static let rotation = SettingKey.bytes(
        "audit.rotate_bytes",
        in: 65_536...(1 << 40),
        default: 128 << 20,
        "Size from which the file is renamed, its last event's number behind its name."
    )
    static let queue = SettingKey.bytes(
        "audit.queue_bytes",
        in: 65_536...(256 << 20),
        default: 4 << 20,
        "Bytes of events that may wait to be written."
    )
    static let unwritable = SettingKey.choice(
        "audit.when_unwritable",
        of: ["refuse", "count"],
        default: "refuse",
        "Whether requests are refused while events can't be written, or lost events counted."
    )

    static let keys: [any SettingDeclaring] = [file, rotation, queue, unwritable]

    /// What the settings say of the stream; `nil` where none is written.
    static func log(_ settings: Settings) -> AuditLogSettings? {
        settings[file].map { path in
            AuditLogSettings(
                path: path,
                rotationBytes: settings[rotation],
                queueBytesMax: settings[queue],
                isRequired: settings[unwritable] == "refuse"
            )
        }
    }
}
