import Glibc

/// A signal that a daemon acts on.
public enum DaemonSignal: Sendable {
    /// SIGHUP: read settings and certificates again, open logs again.
    case hangUp
    /// SIGINT: end, as for `terminate`.
    case interrupt
    /// SIGTERM: stop accepting, finish, end.
    case terminate

    init?(number: Int32) {
        switch number {
        case SIGHUP: self = .hangUp
        case SIGINT: self = .interrupt
        case SIGTERM: self = .terminate
        default: return nil
        }
    }
}

/// Takes the process's signals on a thread of their own.
public struct Signals: Sendable {
    /// The system has no thread left.
    public struct StartError: Error, Equatable, Sendable {}

    private let thread: DaemonThread

    /// Blocks SIGTERM, SIGINT and SIGHUP, ignores SIGPIPE, and hands signals to `receive`.
    ///
    /// Call it first in `main`: only threads made later inherit that the signals are blocked.
    /// `receive` runs on the signals' thread, one call after the other, until the process ends.
    ///
    /// - Throws: `StartError`.
    @discardableResult
    public static func start(
        _ receive: @escaping @Sendable (DaemonSignal) -> Void
    ) throws(StartError) -> Signals {
        signal(SIGPIPE, SIG_IGN)
        var set = signalSet()
        _ = unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        do {
            let thread = try DaemonThread {
                var set = signalSet()
                while true {
                    var number: Int32 = 0
                    guard unsafe sigwait(&set, &number) == 0 else { continue }
                    if let signal = DaemonSignal(number: number) { receive(signal) }
                }
            }
            return Signals(thread: thread)
        } catch {
            throw StartError()
        }
    }

    /// As `start`, with the signals as a sequence; of those that nobody takes, the newest 16 stay.
    ///
    /// - Throws: `StartError`.
    public static func stream() throws(StartError) -> AsyncStream<DaemonSignal> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: DaemonSignal.self,
            bufferingPolicy: .bufferingNewest(16)
        )
        try start { continuation.yield($0) }
        return stream
    }

    /// Sends a signal to the signals' thread alone.
    func send(_ number: Int32) { thread.send(signal: number) }

    private static func signalSet() -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in [SIGHUP, SIGINT, SIGTERM] { unsafe sigaddset(&set, number) }
        return set
    }
}
