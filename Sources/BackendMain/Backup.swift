import ArgumentParser
import Backend
import Daemon
import Foundation

/// `sealgate-store backup`: copies one state of the store.
struct Backup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copy one state of the data folder, also while the store serves.",
        discussion: """
            The copy is a data folder: to restore, stop the store, put the copy in the folder's \
            place and start it again. Exit codes: 0 done, 2 settings or usage, 3 folder.
            """
    )

    @Argument(help: "Folder to be made.")
    var target: String

    @Flag(help: "Copy bodies even where a link on the same disk would do.")
    var copy = false

    @OptionGroup var report: ReportOptions
    @OptionGroup var options: SettingOptions

    func run() throws {
        let settings = try options.load()
        let copied = try Terminal.failing { () throws(BackendStartError) in
            try StoreCare.backup(
                settings[BackendSettings.dataFolder],
                to: target,
                copies: copy,
                progress: report.progress
            )
        }
        report.show(copied.json, copied.lines)
    }
}
