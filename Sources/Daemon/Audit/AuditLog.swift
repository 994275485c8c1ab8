public import Encoding
import Glibc
import Synchronization

/// What an audit stream is told by the settings.
public struct AuditLogSettings: Sendable {
    /// The file; rotated ones stand beside it, with a number behind the name.
    public var path: String
    /// From which size a file is rotated, in bytes.
    public var rotationBytes: Int
    /// How many bytes of events may wait to be written.
    public var queueBytesMax: Int
    /// Whether nothing may be done that can't be recorded.
    public var isRequired: Bool

    /// Settings from their parts.
    public init(
        path: String,
        rotationBytes: Int = 128 << 20,
        queueBytesMax: Int = 4 << 20,
        isRequired: Bool = true
    ) {
        self.path = path
        self.rotationBytes = rotationBytes
        self.queueBytesMax = queueBytesMax
        self.isRequired = isRequired
    }
}

/// Who did what: events in a file, each chained to the one before it by a keyed code.
///
/// `record(_:)` never blocks. Events wait in a queue of bounded bytes for a thread of the log's
/// own; those that don't fit are lost, counted, and their number goes into the chain itself.
public final class AuditLog: Sendable {
    /// Where the stream stands, for who keeps it elsewhere: against a file whose end is cut off.
    public struct Checkpoint: Equatable, Sendable {
        /// The number of the last event.
        public var sequence: UInt64
        /// Its code, hexadecimal.
        public var code: String

        /// A checkpoint from its parts.
        public init(sequence: UInt64, code: String) {
            self.sequence = sequence
            self.code = code
        }
    }

    private let writer: AuditWriter?
    private let thread: Mutex<DaemonThread?>

    /// A log that records nothing.
    public init() {
        writer = nil
        thread = Mutex(nil)
    }

    /// A log into a file.
    ///
    /// - Parameters:
    ///   - settings: which file, and its limits.
    ///   - seal: what chains events.
    ///   - now: the clock, for the stream's own events.
    ///   - report: told of checkpoints: at the start, at each rotation and every 10,000 events.
    /// - Throws: `.fileUnusable`, `.inUse`, `.sealFailed`, `.threadRefused`, `.writeFailed`.
    public init(
        _ settings: AuditLogSettings,
        _ seal: AuditSeal,
        now: @escaping @Sendable () -> Timestamp = { SystemClock.now },
        report: @escaping @Sendable (Checkpoint) -> Void = { _ in }
    ) throws(AuditFileError) {
        let writer = AuditWriter(
            settings,
            try AuditFile(settings.path, seal, time: now().iso8601),
            now: now,
            report: report
        )
        self.writer = writer
        do {
            thread = Mutex(try DaemonThread { writer.run() })
        } catch {
            throw .threadRefused
        }
        report(writer.checkpoint)
    }

    deinit { close() }

    /// Whether records go anywhere.
    public var isRecording: Bool { writer != nil }

    /// Whether a request must be refused, since its event might not be written.
    public var refuses: Bool { writer?.refuses ?? false }

    /// How many events were lost.
    public var recordsDropped: UInt64 { writer?.dropped.load(ordering: .relaxed) ?? 0 }

    /// How many writes failed.
    public var failedWrites: UInt64 { writer?.failures.load(ordering: .relaxed) ?? 0 }

    /// The bytes of events that wait.
    public var queuedBytes: Int { writer?.queuedBytes ?? 0 }

    /// Where the file stands; `nil` where there is none.
    public var checkpoint: Checkpoint? { writer?.checkpoint }

    /// Why the file can't be written; `nil` where it can.
    ///
    /// Has writing tried again.
    public func probe() -> String? { writer?.probe() }

    /// Queues an event.
    public func record(_ record: AuditRecord) { writer?.add(record.line()) }

    /// Writes what is queued before it returns; blocks.
    public func flush() { writer?.drain() }

    /// Goes on in a new file, where the old one was taken away: on SIGHUP.
    ///
    /// - Throws: why the old file stays in use.
    public func reopen() throws(AuditFileError) { try writer?.reopen() }

    /// Writes what is queued and the last event; later records are lost.
    public func close() {
        let running = thread.withLock { thread in
            let running = thread
            thread = nil
            return running
        }
        guard let running, let writer else { return }
        writer.close()
        running.join()
    }
}
