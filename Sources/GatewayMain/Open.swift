import ArgumentParser
import Foundation
import Gateway

/// `sealgate open`: gives back plaintext without a gateway.
struct Open: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decrypt one stored object into a file, with no gateway running.",
        discussion: """
            For recovery: run sealgate-store on the folder or a copy of it, and this with the \
            settings that lead to the keys. The file is made anew and appears when every byte is \
            verified. What was sealed beside the bytes is printed as one JSON object.
            Exit codes: 0 written, 1 it can't be opened, 2 settings or usage.
            """
    )

    @Option(help: "The object's bucket.")
    var bucket: String

    @Option(help: "The object's key.")
    var key: String

    @Option(help: "The version's id; the current one when left out.")
    var versionID: String?

    @Option(help: "File to write; it must not be there yet.")
    var output: String

    @Option(help: "File with the key of an SSE-C object, 32 bytes or their base64.")
    var customerKeyFile: String?

    @OptionGroup var options: SettingOptions

    func run() throws {
        let command = self
        try Offline.run(options) { store in
            let recovery = try await ObjectRecovery(
                store,
                customerKey: try command.customerKeyFile.map { try CustomerKeyFile(path: $0) }
            )
            let file = try OutputFile(command.output)
            let about: [UInt8]
            do {
                about = try await recovery.open(
                    .init(
                        bucket: command.bucket,
                        key: command.key,
                        versionID: command.versionID
                    )
                ) { (bytes) throws(OfflineError) in try file.write(bytes) }
                try file.commit()
            } catch {
                file.drop()
                throw error
            }
            Offline.print(about)
        }
    }
}

/// A file that appears under its name when it is whole.
final class OutputFile {
    private let path: String
    private let partial: String
    private let handle: FileHandle

    init(_ path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Offline.failure("\(path) is there already", "name another file")
        }
        self.path = path
        partial = "\(path).partial-\(UInt32.random(in: .min ... .max))"
        guard
            FileManager.default.createFile(
                atPath: partial,
                contents: nil,
                attributes: [.posixPermissions: 0o600]
            ), let handle = FileHandle(forWritingAtPath: partial)
        else { throw Offline.failure("\(partial) can't be made", "write where you may") }
        self.handle = handle
    }

    func write(_ bytes: Span<UInt8>) throws(OfflineError) {
        let data = unsafe bytes.withUnsafeBufferPointer { unsafe Data($0) }
        do { try handle.write(contentsOf: data) } catch {
            throw .outputFailed(error.localizedDescription)
        }
    }

    /// Makes the file durable and gives it its name.
    func commit() throws(OfflineError) {
        do {
            try handle.synchronize()
            try handle.close()
            try FileManager.default.moveItem(atPath: partial, toPath: path)
        } catch {
            throw .outputFailed(error.localizedDescription)
        }
    }

    func drop() {
        try? handle.close()
        try? FileManager.default.removeItem(atPath: partial)
    }
}
