import ArgumentParser
import Gateway

/// `sealgate`.
@main
struct Main: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sealgate",
        abstract: "S3 over TLS in front of storage that sees ciphertext only.",
        discussion: """
            Every setting of the file has a flag, `--listen-address` for listen.address, and a \
            variable, SEALGATE_LISTEN_ADDRESS. SIGHUP reads certificates anew; SIGTERM finishes \
            the requests under way, then ends.
            Exit codes: 0 stopped, 1 can't start, 2 settings or usage.

            EXAMPLES
              sealgate serve --config /etc/sealgate/sealgate.yaml
              sealgate serve --config sealgate.yaml --listen-address 0.0.0.0:9000 --log-level debug
              sealgate config check --config sealgate.yaml
              sealgate config print --config sealgate.yaml
            """,
        version: "sealgate \(GatewayServer.version)",
        subcommands: [Serve.self, Config.self]
    )
}
