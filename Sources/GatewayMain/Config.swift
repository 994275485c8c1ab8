import ArgumentParser
import Daemon
import Gateway

/// `sealgate config`: looks at the settings without starting anything.
struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check or print the settings.",
        subcommands: [Check.self, Print.self, Sample.self]
    )

    /// `sealgate config check`.
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check the settings; code 2 and what to mend where they are wrong."
        )

        @OptionGroup var options: SettingOptions

        func run() throws {
            let settings = try options.load()
            for warning in settings.warnings { Swift.print("warning: \(warning)") }
            Swift.print("the settings are valid")
        }
    }

    /// `sealgate config print`.
    struct Print: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the settings in force, each with where it came from; secrets masked."
        )

        @OptionGroup var options: SettingOptions

        func run() throws { Swift.print(try options.load().rendered(), terminator: "") }
    }

    /// `sealgate config sample`.
    struct Sample: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a settings file with every setting explained."
        )

        func run() { Swift.print(GatewaySettings.schema.sampleYAML(), terminator: "") }
    }
}
