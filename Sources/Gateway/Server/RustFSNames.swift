public import Daemon

/// The variables by which RustFS is told its KMS, so that a deployment's environment may stay.
public enum RustFSNames {
    private static let enable = "RUSTFS_KMS_ENABLE"
    private static let names = [
        "RUSTFS_KMS_BACKEND": "SEALGATE_KMS_BACKEND_TYPE",
        "RUSTFS_KMS_DEFAULT_KEY_ID": "SEALGATE_KMS_DEFAULT_KEY_ID",
        "RUSTFS_KMS_KEY_DIR": "SEALGATE_KMS_LOCAL_KEY_DIR",
        "RUSTFS_KMS_VAULT_ADDRESS": "SEALGATE_KMS_VAULT_ADDRESS",
        "RUSTFS_KMS_VAULT_TOKEN": "SEALGATE_KMS_VAULT_TOKEN",
    ]

    /// The environment with those variables under Sealgate's own names; a variable of that name
    /// that is there already wins, in its `_FILE` form too.
    ///
    /// - Throws: where the KMS is switched off: nothing is stored without one.
    public static func translated(
        _ environment: [String: String]
    ) throws(SettingsError) -> [String: String] {
        if let text = environment[enable], !["1", "on", "true", "yes"].contains(text.lowercased()) {
            throw SettingsError(problems: [
                .conflict(
                    .environment(enable),
                    key: "kms",
                    problem: "the KMS can't be switched off",
                    remedy: "unset \(enable); nothing is stored without a KMS"
                )
            ])
        }
        var translated = environment
        for (theirs, ours) in names {
            guard let value = environment[theirs], environment[ours] == nil,
                environment[ours + "_FILE"] == nil
            else { continue }
            translated[ours] = value
        }
        return translated
    }
}
