import ArgumentParser
import Gateway

/// `sealgate prove`: says of every stored object that it is sealed, and under which key.
struct Prove: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prove that every stored object is sealed as it must be; --deep opens it.",
        discussion: """
            Reads the store's bytes and trusts nobody's word for them. One JSON object a line for \
            each object that is broken or couldn't be opened, with --all for each; a summary last.
            Exit codes: 0 all sound, 1 something is broken, 2 settings or usage.
            """
    )

    @Option(help: "Only this bucket.")
    var bucket: String?

    @Option(help: "Only keys that begin so.")
    var prefix = ""

    @Flag(help: "Open every object and verify all of its bytes, with the settings' keys.")
    var deep = false

    @Flag(help: "Print a line for every object, not only for those that aren't proven.")
    var all = false

    @Option(help: "File with the key of SSE-C objects, 32 bytes or their base64.")
    var customerKeyFile: String?

    @OptionGroup var options: SettingOptions

    func run() throws {
        let command = self
        try Offline.run(options) { store in
            var summary = ProofSummary()
            let proof = try await command.proof(store)
            var buckets = command.bucket.map { [$0] } ?? []
            if command.bucket == nil { buckets = try await store.buckets() }
            for bucket in buckets {
                try await proof.reports(of: bucket, prefix: command.prefix) { report in
                    summary.count(report)
                    guard command.all || !report.isProven else { return }
                    Offline.print(report.json)
                }
            }
            Offline.print(summary.json(deep: command.deep))
            guard summary.broken == 0 else { throw ExitCode(1) }
        }
    }

    private func proof(_ store: OfflineStore) async throws -> ObjectProof {
        guard deep else { return ObjectProof(store) }
        return try await ObjectProof(
            opening: store,
            customerKey: try customerKeyFile.map { try CustomerKeyFile(path: $0) }
        )
    }
}
