import Foundation

/// Runs programs of the system.
///
/// Foundation's `Process` isn't used: to find the open descriptors it copies 256 bytes of each
/// entry of /proc/self/fd, past the end of the block that holds it, and tests that run at once have
/// enough of them open for that to end the run.
public enum Command {
    /// A program couldn't be started, or didn't end with 0.
    public struct Failed: Error {
        /// What the program ended with; -1 where a signal ended it or it never ran.
        public var status: Int32
        /// What it wrote to standard output and standard error.
        public var output: String
    }

    /// Runs a program, looked for in PATH, to its end, with nothing to read and no descriptor but
    /// the three standard ones.
    ///
    /// - Returns: what it wrote to standard output and standard error.
    /// - Throws: ``Failed``.
    @discardableResult
    public static func run(_ name: String, _ arguments: [String]) throws -> String {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw failed(errno) }
        defer { close(ends[0]) }
        var process: pid_t = 0
        let code = spawn(&process, [name] + arguments, output: ends[1])
        close(ends[1])
        guard code == 0 else { throw failed(code) }
        let output = String(decoding: readAll(ends[0]), as: UTF8.self)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { throw failed(errno) }
        }
        guard status == 0 else {
            throw Failed(status: status & 0x7f == 0 ? status >> 8 & 0xff : -1, output: output)
        }
        return output
    }

    private static func spawn(
        _ process: inout pid_t,
        _ words: [String],
        output: Int32
    ) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, output, 2)
        // Somewhat beyond those there are now, for those that another test opens meanwhile.
        for descriptor in 3...highestDescriptor + 256 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }
        var pointers = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        return posix_spawnp(&process, words[0], &actions, nil, &pointers, environ)
    }

    private static var highestDescriptor: Int32 {
        let names = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        return names?.compactMap { Int32($0) }.max() ?? 1_024
    }

    private static func readAll(_ descriptor: Int32) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(descriptor, &block, block.count)
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                return bytes
            }
            bytes += block[..<count]
        }
    }

    private static func failed(_ code: Int32) -> Failed {
        Failed(status: -1, output: String(cString: strerror(code)))
    }
}
