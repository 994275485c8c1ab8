internal import NIOCore

/// Takes the bytes of one upload: a small body stays in memory, a larger one goes to a file.
///
/// Bound to its event loop. Writing is to the page cache; flushing is left to `finish`.
final class BodyWriter {
    /// Bytes gathered before they are written, so that small pieces cost no call each.
    private static let gatherBytes = 65_536

    private let files: BodyFiles
    private let inlineBytesMax: Int
    private var buffer: [UInt8] = []
    private var file: (id: FileID, descriptor: Int32)?
    private var written: Int64 = 0

    init(files: BodyFiles, inlineBytesMax: Int) {
        self.files = files
        self.inlineBytesMax = inlineBytesMax
    }

    /// Bytes taken so far.
    var size: Int64 { written + Int64(buffer.count) }

    /// Takes the next bytes.
    func append(_ bytes: Span<UInt8>) throws(StoreError) {
        if buffer.isEmpty, bytes.count >= Self.gatherBytes, bytes.count > inlineBytesMax {
            try write(bytes)
            return
        }
        unsafe bytes.withUnsafeBufferPointer { unsafe buffer.append(contentsOf: $0) }
        if buffer.count >= max(Self.gatherBytes, inlineBytesMax + 1) {
            try writeBuffer()
        }
    }

    /// Makes the body durable, as far as the index doesn't; nothing may be appended any more.
    func finish(on eventLoop: any EventLoop) -> EventLoopFuture<NewBody> {
        if file == nil, buffer.count <= inlineBytesMax {
            return eventLoop.makeSucceededFuture(.inline(buffer))
        }
        do {
            if !buffer.isEmpty { try writeBuffer() }
        } catch {
            discard()
            return eventLoop.makeFailedFuture(error)
        }
        guard let file else { return eventLoop.makeFailedFuture(StoreError.stopping) }
        self.file = nil
        let body = NewBody.file(file.id, size: written)
        return files.publish(file.id, descriptor: file.descriptor, on: eventLoop)
            .map { body }
            .flatMapErrorThrowing { [files] error in
                files.abandon(file.id)
                throw (error as? StoreError) ?? StoreError.stopping
            }
    }

    /// Drops what was taken; harmless after `finish`.
    func discard() {
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
