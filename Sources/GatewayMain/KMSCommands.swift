import ArgumentParser
import Daemon
import Foundation
import Gateway

/// `sealgate kms`: backups of local keys, and jobs that wrap keys anew.
struct KMSCommands: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kms",
        abstract: "Back up and restore local keys; wrap keys anew.",
        subcommands: [Backup.self, Restore.self, RewrapCommand.self]
    )

    /// `sealgate kms backup`.
    struct Backup: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write all local keys into one file, sealed under a passphrase.",
            discussion: """
                May run beside the gateway. The file opens with the passphrase alone: neither the \
                folder of keys nor its master key is needed.
                Exit codes: 0 written, 1 it can't be, 2 settings or usage.
                """
        )

        @Option(help: "File to write; it must not be there yet.")
        var output: String

        @Option(help: "File of a passphrase of 12 characters or more, mode 0600.")
        var passphraseFile: String

        @OptionGroup var options: SettingOptions

        func run() throws {
            let command = self
            try Offline.run(with: options) { settings in
                let bytes = try await LocalKeyBackup.make(
                    settings,
                    passphraseFile: command.passphraseFile
                )
                let file = try OutputFile(command.output)
                do {
                    try file.write(bytes.span)
                    try file.commit()
                } catch {
                    file.drop()
                    throw error
                }
            }
        }
    }

    /// `sealgate kms restore`.
    struct Restore: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put the keys of a backup into the folder of local keys.",
            discussion: """
                The gateway must be stopped. The folder's master key may be another than before. \
                Where a key is there already, nothing is written.
                Exit codes: 0 restored, 1 it can't be, 2 settings or usage.
                """
        )

        @Option(help: "The backup.")
        var input: String

        @Option(help: "File of the backup's passphrase, mode 0600.")
        var passphraseFile: String

        @OptionGroup var options: SettingOptions

        func run() throws {
            let command = self
            try Offline.run(with: options) { settings in
                let bytes: [UInt8]
                do throws(SettingFileError) {
                    bytes = try SettingFile.read(
                        command.input,
                        bytesMax: LocalKeyBackup.bytesMax
                    )
                } catch {
                    throw Offline.failure("\(command.input) can't be read: \(error.reason)", nil)
                }
                let names = try await LocalKeyBackup.restore(
                    settings,
                    bytes,
                    passphraseFile: command.passphraseFile
                )
                print("restored \(names.joined(separator: ", "))")
            }
        }
    }
}
