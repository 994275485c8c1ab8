import ArgumentParser
import Backend
import Daemon
import Foundation

/// `sealgate-store check`: compares the index with the files.
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Compare the index with the files, both ways; a running store is only read.",
        discussion: "Exit codes: 0 clean, 1 findings, 2 settings or usage, 3 data folder."
    )

    @Flag(help: "Move what is wrong to a folder under quarantine; the store must be stopped.")
    var repair = false

    @OptionGroup var report: ReportOptions
    @OptionGroup var options: SettingOptions

    func run() throws {
        let settings = try options.load()
        let found = try Terminal.failing { () throws(BackendStartError) in
            try StoreCare.check(
                settings[BackendSettings.dataFolder],
                repairs: repair,
                now: SystemClock.now,
                progress: report.progress
            )
        }
        report.show(found.json, found.lines)
        if !found.isClean { throw ExitCode(1) }
    }
}
