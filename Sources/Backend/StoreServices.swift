internal import Daemon
internal import Logging
internal import NIOCore
internal import Synchronization
internal import Transport

/// What requests are served with; the same for all event loops but for the readers.
final class StoreServices: Sendable {
    /// What one request may take.
    struct Limits: Sendable {
        /// 32 KiB and what sealing adds to them; why so much: docs/benchmarks.md.
        static let inlineBytesDefault = 33_792
        /// Four times what a gateway sends ahead by default.
        static let pipelineMaxDefault = 64

        /// Which bodies stand in the index, and which are written past the page cache.
        var bodies = BodyWriter.Limits(inlineBytesMax: Self.inlineBytesDefault)
        /// The largest document taken.
        var documentBytesMax = 2 << 20
        /// The largest object of the reserved bucket.
        var recordBytesMax = 1 << 20
        /// The most requests of one connection at a time.
        var pipelineMax = Self.pipelineMaxDefault
    }

    let index: StoreIndex
    let files: BodyFiles
    let limits: Limits
    let logger: Logger
    let metrics: StoreMetrics
    /// Where large bodies go as open files.
    let links = FileLinks()
    private let requestIDs: Mutex<RequestIDSource>
    private let readers: [ObjectIdentifier: IndexReader]
    private let spare: IndexReader

    /// Services with a reader for each of the loops.
    init(
        index: StoreIndex,
        files: BodyFiles,
        limits: Limits,
        logger: Logger,
        metrics: StoreMetrics,
        loops: [any EventLoop]
    ) throws(StoreError) {
        self.index = index
        self.files = files
        self.limits = limits
        self.logger = logger
        self.metrics = metrics
        requestIDs = Mutex(RequestIDSource(seed: .random(in: .min ... .max)))
        var readers: [ObjectIdentifier: IndexReader] = [:]
        for loop in loops { readers[ObjectIdentifier(loop)] = try index.makeReader() }
        self.readers = readers
        spare = try index.makeReader()
    }

    /// The reader of a loop.
    func reader(on loop: any EventLoop) -> IndexReader {
        readers[ObjectIdentifier(loop)] ?? spare
    }

    /// An id for the next request.
    func makeRequestID() -> String { requestIDs.withLock { $0.make() } }

    /// Closes the readers, then the index; blocks.
    func close() {
        for reader in readers.values { reader.close() }
        spare.close()
        index.close()
    }
}
