import ArgumentParser
import Backend
import Daemon

/// `sealgate-store config`: shows the settings.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the settings in force, each with where it came from."
    )

    @Flag(help: "Print a configuration file with every setting explained instead.")
    var sample = false

    @OptionGroup var options: SettingOptions

    func run() throws {
        if sample {
            print(BackendSettings.schema.sampleYAML(), terminator: "")
        } else {
            print(try options.load().rendered(), terminator: "")
        }
    }
}
