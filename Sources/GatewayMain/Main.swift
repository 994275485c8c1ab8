import ArgumentParser
import Foundation
import Gateway

/// `sealgate`.
@main
struct Main: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sealgate",
        abstract: "S3 over TLS in front of storage that sees ciphertext only.",
        discussion: """
            Settings have flags (--listen-address for listen.address), variables \
            (SEALGATE_LISTEN_ADDRESS).
            SIGHUP reloads certificates; SIGTERM drains. Exit: 0 stopped, 1 can't start, \
            2 settings or usage.
            """,
        version: "sealgate \(GatewayServer.version)",
        subcommands: [
            Serve.self, Config.self, Inspect.self, Prove.self, Open.self, KMSCommands.self,
            Audit.self,
        ]
    )

    private static let examples = """
        EXAMPLES
          sealgate serve --config sealgate.yaml
          sealgate config sample > sealgate.yaml
          sealgate config check --config sealgate.yaml
          sealgate prove --config sealgate.yaml --deep
        """

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.isEmpty || [["--help"], ["-h"], ["help"]].contains(arguments) {
            print(helpMessage(columns: 100))
            print(examples)
            Foundation.exit(arguments.isEmpty ? 2 : 0)
        }
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            Terminal.write([
                "sealgate: error: \(message(for: error))", "sealgate: hint: sealgate --help",
            ])
            Foundation.exit(2)
        }
    }
}
