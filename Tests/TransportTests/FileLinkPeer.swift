import CLinux
import Foundation
import Glibc

@testable import Transport

/// A store's end of file links, by hand: what it accepts and sends is what the test says.
final class FileLinkPeer {
    let folder: TemporaryFolder
    private let listener: Int32
    private var link: Int32 = -1

    /// The socket beside which the links are.
    var path: String { folder.file("s") }

    init() throws {
        folder = try TemporaryFolder()
        listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = folder.file("s") + FilePool.pathSuffix
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, size) }
        }
        guard result == 0, listen(listener, 8) == 0 else { throw POSIXError(.EIO) }
    }

    deinit {
        hangUp()
        close(listener)
    }

    /// Takes the link that a client has begun.
    func accept() { link = Glibc.accept(listener, nil, nil) }

    func hangUp() {
        if link >= 0 { close(link) }
        link = -1
    }

    /// Listens no longer.
    func leave() { _ = unlink(path + FilePool.pathSuffix) }

    func say(_ text: String) { _ = text.withCString { write(link, $0, strlen($0)) } }

    /// Sends bytes with open files; whether they went.
    @discardableResult
    func send(_ bytes: [UInt8], _ files: [Int32]) -> Bool {
        sealgate_send_files(link, bytes, bytes.count, files, files.count) == 0
    }

    /// Sends pieces of files at these paths under a token.
    @discardableResult
    func send(_ token: UInt64, _ pieces: [(path: String, range: Range<Int64>)]) -> Bool {
        let files = pieces.map { open($0.path, O_RDONLY) }
        defer { for file in files { close(file) } }
        let message = FileMessage(
            token: token,
            pieces: pieces.map { .init(offset: $0.range.lowerBound, count: Int64($0.range.count)) }
        )
        return send(message.bytes, files)
    }

    /// A file with these bytes.
    func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = folder.file(name)
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }

    /// Open descriptors of this process that are of the folder's files.
    var openFiles: Int {
        let root = URL(filePath: folder.path).resolvingSymlinksInPath().path
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.filter { name in
            let path = try? FileManager.default.destinationOfSymbolicLink(
                atPath: "/proc/self/fd/" + name
            )
            return path?.hasPrefix(root) ?? false
        }.count
    }
}
