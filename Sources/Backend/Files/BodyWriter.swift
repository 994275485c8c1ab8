internal import NIOCore

/// Takes the bytes of one upload: a small body stays in memory, a larger one goes to a file, a
/// large one of known size past the page cache.
///
/// Bound to its event loop. Flushing is left to `finish`.
final class BodyWriter {
    /// The most bytes that may come without credit.
    static let windowBytes = 262_144
    /// Bytes gathered before they are written, so that small pieces cost no call each.
    private static let gatherBytes = 65_536

    /// Which way a body goes.
    struct Limits: Sendable {
        /// Bodies up to this stay in memory.
        var inlineBytesMax: Int
        /// Bodies from this on go past the page cache; 0: none.
        var directBytesMin = 0

        /// Whether a body of that size stays in memory; `false` for an unknown one.
        func isInline(_ size: Int64?) -> Bool {
            guard let size else { return false }
            return size <= inlineBytesMax
        }

        /// Whether a body of that size goes past the page cache; `false` for an unknown one.
        func isDirect(_ size: Int64?) -> Bool {
            guard let size, directBytesMin > 0 else { return false }
            return size >= directBytesMin && !isInline(size)
        }
    }

    /// What is told between calls.
    struct Report {
        /// So many bytes more may come.
        var credited: (Int) -> Void = { _ in }
        /// The body can't be written; it still has to be discarded.
        var failed: (StoreError) -> Void = { _ in }
    }

    private let files: BodyFiles
    private let limits: Limits
    private let loop: any EventLoop
    private let report: Report
    private var awaitsDirect: Bool
    private var direct: DirectBody?
    private var buffer: [UInt8] = []
    private var file: (id: FileID, descriptor: Int32)?
    private var written: Int64 = 0

    /// Nothing taken yet.
    ///
    /// - Parameters:
    ///   - files: where a file is made.
    ///   - limits: which way the body goes.
    ///   - size: its bytes, where they are known.
    ///   - loop: where it is called.
    ///   - report: what is told between calls.
    init(
        files: BodyFiles,
        limits: Limits,
        size: Int64? = nil,
        on loop: any EventLoop,
        _ report: Report = Report()
    ) {
        self.files = files
        self.limits = limits
        self.loop = loop
        self.report = report
        awaitsDirect = limits.isDirect(size)
    }

    /// Bytes taken so far.
    var size: Int64 { direct?.size ?? written + Int64(buffer.count) }

    /// Takes the next bytes; answers for how many more may come now, the others are credited later.
    @discardableResult
    func append(_ bytes: Span<UInt8>) throws(StoreError) -> Int {
        if awaitsDirect {
            awaitsDirect = false
            if let (file, buffer) = try files.createDirect() {
                direct = DirectBody(file, buffer, files: files, on: loop, report)
            }
        }
        if let direct { return try direct.append(bytes) }
        if buffer.isEmpty, bytes.count >= Self.gatherBytes, bytes.count > limits.inlineBytesMax {
            try write(bytes)
            return bytes.count
        }
        unsafe bytes.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
        if buffer.count >= max(Self.gatherBytes, limits.inlineBytesMax + 1) {
            try writeBuffer()
        }
        return bytes.count
    }

    /// Makes the body durable, as far as the index doesn't; nothing may be appended any more.
    func finish() -> EventLoopFuture<NewBody> {
        if let direct { return direct.finish() }
        if file == nil, buffer.count <= limits.inlineBytesMax {
            return loop.makeSucceededFuture(.inline(buffer))
        }
        do {
            if !buffer.isEmpty { try writeBuffer() }
        } catch {
            discard()
            return loop.makeFailedFuture(error)
        }
        guard let file else { return loop.makeFailedFuture(StoreError.stopping) }
        self.file = nil
        return files.publish(file.id, size: written, descriptor: file.descriptor, on: loop)
    }

    /// Drops what was taken; harmless after `finish`.
    func discard() {
        direct?.discard()
        buffer = []
        guard let file else { return }
        self.file = nil
        files.drop(file.id, descriptor: file.descriptor)
    }

    deinit { discard() }

    private func writeBuffer() throws(StoreError) {
        var bytes = buffer
        buffer = []
        try write(bytes.span)
        bytes.removeAll(keepingCapacity: true)
        buffer = bytes
    }

    private func write(_ bytes: Span<UInt8>) throws(StoreError) {
        let target: (id: FileID, descriptor: Int32)
        if let file {
            target = file
        } else {
            target = try files.create()
            file = target
        }
        try files.write(bytes, to: target.descriptor, at: written)
        written += Int64(bytes.count)
    }
}
