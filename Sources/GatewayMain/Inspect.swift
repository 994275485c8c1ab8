import ArgumentParser
import Gateway

/// `sealgate inspect`: explains one stored object without any key.
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain one stored object, without any key.",
        discussion: "Exit codes: 0 well-formed, 1 broken or not there, 2 settings or usage."
    )

    @Option(help: "The object's bucket.")
    var bucket: String

    @Option(help: "The object's key.")
    var key: String

    @Option(help: "The version's id; the current one when left out.")
    var versionID: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    @OptionGroup var options: SettingOptions

    func run() throws {
        let place = OfflineStore.Place(bucket: bucket, key: key, versionID: versionID)
        let json = json
        try Offline.run(options) { store in
            let report = try await ObjectProof(store).report(of: place)
            if json {
                Offline.print(report.json)
            } else {
                print(report.lines.joined(separator: "\n"))
            }
            guard report.isSound else { throw ExitCode(1) }
        }
    }
}
