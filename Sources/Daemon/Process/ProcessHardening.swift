import CLinux
import Glibc

/// What a process does to keep its memory and files to itself.
public struct ProcessHardening: Equatable, Sendable {
    /// Whether core dumps, and tracing by the user's other processes, are forbidden.
    public let dumpsForbidden: Bool
    /// Whether the process runs as root, which it shouldn't.
    public let runsAsRoot: Bool

    /// Forbids dumps and tracing, and gives new files no rights for others (umask 077).
    ///
    /// Call it first in `main`, before a secret is read.
    public static func apply() -> ProcessHardening {
        umask(0o077)
        return ProcessHardening(
            dumpsForbidden: sealgate_forbid_dumps() == 0,
            runsAsRoot: geteuid() == 0
        )
    }

    /// One line for the start summary.
    public var summary: String {
        (dumpsForbidden ? "no core dumps, no tracing" : "core dumps could not be forbidden")
            + ", umask 077" + (runsAsRoot ? ", running as root" : "")
    }
}
