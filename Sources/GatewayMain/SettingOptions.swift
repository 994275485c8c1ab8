import ArgumentParser
import Daemon
import Foundation
import Gateway

/// What the command line says of the settings.
struct SettingOptions: ParsableArguments {
    @Option(help: "Settings file, YAML.")
    var config: String?

    @Argument(
        parsing: .allUnrecognized,
        help: "Settings as flags: --listen-address 127.0.0.1:9000 for listen.address."
    )
    var settings: [String] = []

    /// The settings in force; prints what is wrong with them and ends with code 2.
    func load() throws -> Settings { try Self.load(config, flags: settings) }

    /// The settings of a file, the environment and flags.
    static func load(_ config: String?, flags: [String]) throws -> Settings {
        do throws(SettingsError) {
            let schema = GatewaySettings.schema
            return try schema.load(
                file: config,
                environment: try RustFSNames.translated(ProcessInfo.processInfo.environment),
                flags: try schema.flags(from: flags)
            )
        } catch {
            Terminal.write(error.lines(program: "sealgate"))
            throw ExitCode(2)
        }
    }
}

/// What people read on the terminal: standard error, as the log.
enum Terminal {
    static func write(_ lines: [String]) {
        let text = lines.joined(separator: "\n")
        FileHandle.standardError.write(Data((text.hasSuffix("\n") ? text : text + "\n").utf8))
    }
}
