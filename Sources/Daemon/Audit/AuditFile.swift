internal import Encoding
import Glibc

/// Why an audit file can't be opened or written.
public enum AuditFileError: Error, Equatable, Sendable {
    /// The file can't be opened; the reason in words.
    case fileUnusable(path: String, reason: String)
    /// Another process writes to it.
    case inUse(path: String)
    /// No code could be made.
    case sealFailed
    /// The system has no thread left.
    case threadRefused
    /// A write failed; the reason in words.
    case writeFailed(reason: String)

    /// What is wrong, for the operator.
    public var explanation: String {
        switch self {
        case .fileUnusable(let path, let reason): "\(path) can't be opened: \(reason)"
        case .inUse(let path): "\(path) is in use by another process"
        case .sealFailed: "no code of an event could be made"
        case .threadRefused: "the system has no thread left"
        case .writeFailed(let reason): "an event can't be written: \(reason)"
        }
    }
}

/// The file that events are chained into; used by one thread at a time.
///
/// Appends whole lines or none: what was written of a batch that failed is cut off again.
struct AuditFile: Sendable {
    let path: String
    private let seal: AuditSeal
    private var file: OpenAuditFile
    private(set) var chain: AuditChain
    /// The bytes that are known to be whole lines.
    private(set) var size: Int
    /// Whether something may stand behind `size`.
    private var hasRemains = false

    /// Opens a file, and takes its chain up where it ended; one that isn't there is made with mode
    /// 0600, and goes on with the chain of the newest one that was rotated away.
    ///
    /// The first event says what was found.
    ///
    /// - Throws: `.fileUnusable`, `.inUse`, `.sealFailed`, `.writeFailed`.
    init(_ path: String, _ seal: AuditSeal, time: String) throws(AuditFileError) {
        self.path = path
        self.seal = seal
        file = try OpenAuditFile(path)
        var end = try file.tail()
        if end.size == 0, let rotated = OpenAuditFile.newestRotated(path) {
            end.last = try OpenAuditFile(path: rotated, flags: O_RDONLY).tail().last
        }
        chain = end.last?.chain ?? AuditChain()
        size = end.size
        var prefix: [UInt8] = end.tornCount > 0 ? [0x0a] : []
        let event = Self.beginning(seal, chain, end, time)
        try append(event, behind: &prefix)
    }

    /// Adds events, each a line; all of them or none.
    ///
    /// - Parameters:
    ///   - events: JSON objects, each with a line feed behind it.
    ///   - ends: where each ends.
    /// - Throws: `.sealFailed`, `.writeFailed`.
    mutating func append(_ events: [UInt8], _ ends: [Int]) throws(AuditFileError) {
        var next = chain
        var output: [UInt8] = []
        output.reserveCapacity(events.count + ends.count * 110)
        var start = 0
        for end in ends {
            guard next.link(events[start..<end], seal.code, into: &output) else {
                throw .sealFailed
            }
            start = end
        }
        try write(output)
        chain = next
    }

    /// Renames the file behind its last sequence number, and begins a new one in its place.
    ///
    /// - Throws: `.fileUnusable`, `.inUse`, `.sealFailed`, `.writeFailed`; the file stays in use.
    mutating func rotate(time: String) throws(AuditFileError) {
        let digits = String(chain.sequence)
        let padded = String(repeating: "0", count: max(0, 12 - digits.count)) + digits
        let name = "\(path).\(padded)"
        // A link first: a name that is taken is no reason to lose what stands there.
        guard unsafe link(path, name) == 0, unsafe unlink(path) == 0 else {
            throw .fileUnusable(path: name, reason: SystemFile.reason(errno))
        }
        try reopen(time: time)
    }

    /// Goes on in what stands at the path now: a new file, where somebody took the old one away.
    ///
    /// - Throws: as `rotate`.
    mutating func reopen(time: String) throws(AuditFileError) {
        var here = stat()
        var there = stat()
        if unsafe fstat(file.descriptor, &here) == 0, unsafe stat(path, &there) == 0,
            here.st_ino == there.st_ino, here.st_dev == there.st_dev
        {
            return
        }
        var next = self
        next.file = try OpenAuditFile(path)
        let end = try next.file.tail()
        var prefix: [UInt8] = end.tornCount > 0 ? [0x0a] : []
        (next.size, next.hasRemains) = (end.size, false)
        let tail = AuditTail(size: end.size, tornCount: end.tornCount, last: nil)
        try next.append(Self.beginning(seal, chain, tail, time), behind: &prefix)
        self = next
    }

    private mutating func append(
        _ event: [UInt8],
        behind prefix: inout [UInt8]
    ) throws(AuditFileError) {
        var next = chain
        guard next.link(event[...], seal.code, into: &prefix) else { throw .sealFailed }
        try write(prefix)
        chain = next
    }

    private mutating func write(_ bytes: [UInt8]) throws(AuditFileError) {
        if hasRemains {
            guard ftruncate(file.descriptor, size) == 0 else {
                throw .writeFailed(reason: SystemFile.reason(errno))
            }
            hasRemains = false
        }
        guard LineSink.writeAll(bytes, to: file.descriptor) else {
            let reason = SystemFile.reason(errno)
            hasRemains = ftruncate(file.descriptor, size) != 0
            throw .writeFailed(reason: reason)
        }
        size += bytes.count
    }

    /// The event that a file or a run begins with.
    private static func beginning(
        _ seal: AuditSeal,
        _ chain: AuditChain,
        _ end: AuditTail,
        _ time: String
    ) -> [UInt8] {
        var line = JSONLine()
        line.add("time", time)
        line.add("operation", AuditEvent.begin)
        line.add("format", 1)
        line.add("key_id", seal.keyID)
        line.add("wrapped_key", Base64.encode(seal.wrappedKey))
        line.add("previous", Hex.encode(chain.code))
        if end.tornCount > 0 { line.add("torn_bytes", end.tornCount) }
        if end.size > 0, end.last == nil, chain.sequence == 0 {
            line.add("reason", "what stands before is no chain of events")
        } else if let last = end.last, last.operation != AuditEvent.end {
            line.add("reason", "the last run ended without a last event")
        }
        return line.finish()
    }
}
