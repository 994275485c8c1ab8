public import HTTPWire
public import NIOCore

/// What one connection is about to write: small pieces gathered in one buffer, large ones passed
/// on as they are, flushed together.
///
/// A class, because writing may call back into its owner, who may look at it then.
final class HTTP1Outbox {
    /// Bodies up to this size are copied behind the head rather than written apart.
    private static let copiedBytesMax = 4096
    private static let stagedBytesMax = 16_384
    private static let stagedBytesInitial = 1024

    /// Where heads, chunk lines and small bodies are written.
    var staging = ByteBuffer()
    /// Bytes passed on since the last flush.
    private(set) var unflushedBytes = 0

    /// Whether anything waits for a flush.
    var isEmpty: Bool { unflushedBytes == 0 && staging.readableBytes == 0 }

    /// Makes sure that the staging buffer has room for a head.
    func prepare(_ allocator: ByteBufferAllocator) {
        guard staging.capacity == 0 else { return }
        staging = allocator.buffer(capacity: Self.stagedBytesInitial)
    }

    /// Adds a body's bytes.
    func write(_ bytes: ByteBuffer, to context: ChannelHandlerContext) {
        if bytes.readableBytes <= Self.copiedBytesMax,
            staging.readableBytes + bytes.readableBytes <= Self.stagedBytesMax
        {
            prepare(context.channel.allocator)
            staging.writeImmutableBuffer(bytes)
        } else {
            passStaged(to: context)
            pass(bytes, to: context)
        }
    }

    /// Adds a part of a file.
    func write(
        _ region: FileRegion,
        to context: ChannelHandlerContext,
        promise: EventLoopPromise<Void>?
    ) {
        passStaged(to: context)
        unflushedBytes += region.readableBytes
        context.write(NIOAny(IOData.fileRegion(region)), promise: promise)
    }

    /// Hands everything to the channel; the promise is kept once all of it was written.
    func flush(to context: ChannelHandlerContext, promise: EventLoopPromise<Void>? = nil) {
        passStaged(to: context)
        unflushedBytes = 0
        if let promise {
            context.write(NIOAny(IOData.byteBuffer(ByteBuffer())), promise: promise)
        }
        context.flush()
    }

    /// Passes on what was gathered, so that `unflushedBytes` is all that the next flush sends.
    func passStaged(to context: ChannelHandlerContext) {
        guard staging.readableBytes > 0 else { return }
        let bytes = staging
        staging = ByteBuffer()
        pass(bytes, to: context)
    }

    private func pass(_ bytes: ByteBuffer, to context: ChannelHandlerContext) {
        unflushedBytes += bytes.readableBytes
        context.write(NIOAny(IOData.byteBuffer(bytes)), promise: nil)
    }
}

extension ByteBuffer: HTTP1Sink {
    /// Adds bytes at the end.
    public mutating func append(_ bytes: Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { _ = unsafe writeBytes($0) }
    }
}
