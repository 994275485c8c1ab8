internal import NIOCore

/// What was written and isn't encrypted yet: whole writes before the handshake, then the last
/// part of a record.
struct TLSWriteQueue {
    /// One write.
    struct Write {
        var buffer: ByteBuffer
        var promise: EventLoopPromise<Void>?
    }

    /// Writes that wait for the handshake.
    var early = CircularBuffer<Write>(initialCapacity: 0)
    /// Whether a flush waits for the handshake too.
    var isEarlyFlushed = false
    /// Plaintext for the next record; small writes share one.
    var record = ByteBuffer()
    /// The promises of the writes whose last byte isn't on its way to the socket.
    var promises: [EventLoopPromise<Void>] = []

    /// The last batch handed to the socket, kept until the flush so that it can be used again.
    var sent = ByteBuffer()

    var isEmpty: Bool { record.readableBytes == 0 && early.isEmpty }

    /// One promise for all that wait, `nil` where none do; they are forgotten here.
    mutating func takePromises(_ eventLoop: any EventLoop) -> EventLoopPromise<Void>? {
        guard let first = promises.first else { return nil }
        defer { promises.removeAll(keepingCapacity: false) }
        guard promises.count > 1 else { return first }
        let all = eventLoop.makePromise(of: Void.self)
        for promise in promises { all.futureResult.cascade(to: promise) }
        return all
    }

    /// Empties the record; its memory stays while a flush is to come.
    mutating func clearRecord() {
        if record.capacity == TLSSession.recordCountMax {
            record.clear()
        } else {
            record = ByteBuffer()
        }
    }

    /// Lends the last batch to other connections, and lets go of the record's memory.
    mutating func giveBack() {
        LoopBuffers.current.ciphertext.give(sent)
        sent = ByteBuffer()
        record = ByteBuffer()
    }

    /// Drops everything, failing promises.
    mutating func fail(_ error: any Error) {
        let dropped = early.compactMap(\.promise) + promises
        self = TLSWriteQueue()
        for promise in dropped { promise.fail(error) }
    }
}
