import ArgumentParser
import Backend
import Foundation

/// `sealgate-store`.
@main
struct Main: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sealgate-store",
        abstract: "Keeps Sealgate's objects in a folder; it sees ciphertext only.",
        discussion: """
            It listens on a Unix socket for the gateway of the same user, or of those that \
            peer_uids names. SIGTERM and SIGINT finish the requests under way, then end it.
            Exit codes: 0 done, 1 findings of a check, 2 settings or usage, 3 data folder, 4 socket.

            EXAMPLES
              sealgate-store serve --data /srv/sealgate --socket /run/sealgate/store.sock
              sealgate-store serve --config /etc/sealgate/store.yaml --log-level debug
              sealgate-store check --data /srv/sealgate --json
              sealgate-store backup /backup/today --data /srv/sealgate
              sealgate-store config --sample > store.yaml
            """,
        version: "sealgate-store \(BackendServer.version)",
        subcommands: [Serve.self, Check.self, Backup.self, Config.self]
    )

    static func main() {
        do {
            var command = try parseAsRoot()
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Terminal.write([
                "sealgate-store: error: \(message(for: error))",
                "sealgate-store: hint: sealgate-store help",
            ])
            Foundation.exit(2)
        }
    }

    /// Without a subcommand.
    func run() throws {
        print(Self.helpMessage())
        throw ExitCode(2)
    }
}
