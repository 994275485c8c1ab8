import Daemon
import Encoding
import KMS
import Logging

/// How a provider is opened: one process may have several.
typealias ProviderOpening =
    @Sendable (Settings) async throws(GatewayStartError) -> any KeyProvider

extension KMSBackends {
    /// The state folder that the settings name; `nil` for none.
    ///
    /// - Throws: what is wrong with it.
    static func folder(
        _ settings: Settings,
        isReadOnly: Bool = false
    ) throws(GatewayStartError) -> StateFolder? {
        guard let path = settings[GatewayKMSSettings.stateDirectory] else { return nil }
        // Where a gateway never ran there is none to read.
        guard !isReadOnly || StateFolder.exists(path) else { return nil }
        do throws(KMSError) {
            return try StateFolder(path: path, isReadOnly: isReadOnly)
        } catch {
            throw GatewayStartError("kms.state_dir can't be opened", hint: error.explanation)
        }
    }

    /// Opens what the settings and, over them, the state folder say.
    ///
    /// A retired backend that can't be opened is kept in the list, and logged: what it wrapped
    /// can't be read until it is back.
    ///
    /// - Throws: why there is no KMS to work with.
    static func open(
        _ given: Settings,
        _ folder: StateFolder?,
        log: Logger?,
        _ open: ProviderOpening
    ) async throws(GatewayStartError) -> KMSBackends {
        let (changes, others) = try state(folder)
        let settings = try changed(given, changes)
        var backends = KMSBackends(
            settings: settings,
            changes: changes,
            current: KMSBackend(settings, try await open(settings))
        )
        if !changes.isEmpty {
            let names = changes.map(\.name).joined(separator: ", ")
            log?.notice(
                "settings given to the admin API hold over the settings file",
                metadata: ["settings": "\(names)"]
            )
        }
        for other in others {
            let settings = try changed(given, other)
            do throws(GatewayStartError) {
                backends.retired.append(KMSBackend(settings, try await open(settings)))
            } catch {
                backends.retired.append(KMSBackend(settings, nil))
                log?.error(
                    "a retired KMS can't be opened; what it wrapped can't be read",
                    metadata: ["reason": "\(error.problem): \(error.hint ?? "")"]
                )
            }
        }
        return backends
    }

    private static func state(
        _ folder: StateFolder?
    ) throws(GatewayStartError) -> (changes: [SettingChange], retired: [[SettingChange]]) {
        let bytes: [UInt8]?
        do throws(KMSError) { bytes = try folder?.read(file) } catch {
            throw GatewayStartError("\(file) of kms.state_dir", hint: error.explanation)
        }
        guard let bytes else { return ([], []) }
        guard let state = read(bytes) else {
            throw GatewayStartError(
                "\(file) of kms.state_dir isn't what this program writes",
                hint: "put it back from a backup; without it the settings file alone holds"
            )
        }
        return state
    }

    private static func changed(
        _ settings: Settings,
        _ changes: [SettingChange]
    ) throws(GatewayStartError) -> Settings {
        do throws(SettingsError) {
            return try settings.changed(by: changes)
        } catch {
            throw GatewayStartError(
                "\(file) of kms.state_dir: "
                    + error.problems.map(\.message).joined(separator: "; "),
                hint: error.problems.first?.hint
            )
        }
    }
}
