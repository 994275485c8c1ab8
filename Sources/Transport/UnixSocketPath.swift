internal import Glibc
internal import NIOCore
internal import NIOPosix

/// The file of a listening Unix socket.
enum UnixSocketPath {
    static let addressInUse = EADDRINUSE

    /// Removes a socket that nobody answers on any more.
    static func clear(_ path: String, group: any EventLoopGroup) async throws(HTTPServerError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path) }
        do {
            let channel = try await ClientBootstrap(group: group.next())
                .connectTimeout(.seconds(1))
                .connect(unixDomainSocketPath: path).get()
            channel.close(promise: nil)
        } catch let error as IOError where error.errnoCode == ECONNREFUSED {
            return remove(path)
        } catch let error as IOError where error.errnoCode == ENOENT {
            return
        } catch {
            throw .bindFailed(String(describing: error))
        }
        throw .addressInUse(path)
    }

    /// Lets only the owner connect; who that is, each connection is asked besides.
    static func restrict(_ path: String) -> Bool { unsafe chmod(path, 0o600) == 0 }

    /// Removes the file.
    static func remove(_ path: String) { _ = unsafe unlink(path) }
}
