import Foundation
import Testing

@testable import Backend

@Suite struct DataFolderTests {
    @Test func `a folder is made with mode 0700 and its layout`() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/data"
        let folder = try DataFolder(path: path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o700)
        #expect(FileManager.default.fileExists(atPath: path + "/objects/ff"))
        #expect(FileManager.default.fileExists(atPath: path + "/tmp"))
        #expect(folder.indexPath == path + "/index.sqlite")
    }

    @Test func `a folder open to others is refused`() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/data"
        try FileManager.default.createDirectory(
            atPath: path,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o750]
        )
        #expect(throws: DataFolder.Refusal.modeTooOpen(path: path, mode: 0o750)) {
            try DataFolder(path: path)
        }
        let error = BackendStartError.dataModeTooOpen(path: path, mode: 0o750)
        #expect(error.message.contains("mode 0750"))
        #expect(error.hint == "run: chmod 700 \(path)")
    }

    @Test func `a folder is held by one at a time`() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/data"
        do {
            let folder = try DataFolder(path: path)
            #expect(throws: DataFolder.Refusal.locked(path: path)) { try DataFolder(path: path) }
            _ = folder.path
        }
        #expect(throws: Never.self) { try DataFolder(path: path) }
    }

    @Test func `an unknown format is refused`() throws {
        let scratch = try ScratchFolder()
        let path = scratch.path + "/data"
        _ = try DataFolder(path: path)
        try Data("sealgate-store 2\n".utf8).write(to: URL(fileURLWithPath: path + "/format"))
        #expect(throws: DataFolder.Refusal.formatUnknown(path: path)) {
            try DataFolder(path: path)
        }
    }

    @Test func `a folder without a parent can't be used`() throws {
        let scratch = try ScratchFolder()
        #expect(throws: DataFolder.Refusal.self) {
            try DataFolder(path: scratch.path + "/none/data")
        }
    }
}
