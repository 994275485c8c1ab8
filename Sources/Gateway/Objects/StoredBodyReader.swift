import HTTPWire
import NIOCore
import SealedObject
import Transport

/// Reads a stored body from the store and releases its plaintext, segment by verified segment.
///
/// Bound to its event loop. What comes before `open` is held, no more than the transport's window.
final class StoredBodyReader: HTTPClientHandler {
    /// Where plaintext goes.
    protocol Sink: AnyObject {
        /// The store's head came, 200 or 206; `open` or `cancel` follows.
        func storeAnswered(_ head: HTTPResponseHead)
        /// The store gives no body, and says why; nothing follows.
        func storeRefused(_ reply: StoreReply)
        /// Verified bytes.
        func released(_ plaintext: ByteBuffer)
        /// All of what was asked for was verified and released.
        func finished()
        /// The rest can't be had; nothing follows.
        func broke(_ fault: StoredBodyFault)
        /// Whether more plaintext is welcome now; `resume()` is called when it is again.
        var takesMore: Bool { get }
    }

    /// Held until one of the two has ended the reading: to hold it weakly would make each retain
    /// and release of it several times as dear.
    private var sink: (any Sink)?
    private var exchange: (any HTTPClientExchange)?
    private var refusal: StoreReply?
    private var opener: ObjectOpener?
    private var held = ByteBuffer()
    private var segment = ByteBuffer()
    /// Whether the buffer was given away, or never made.
    private var isSegmentSpent = true
    private var unconsumed = 0
    private var storeEnded = false
    private var isOver = false

    init(_ sink: any Sink) { self.sink = sink }

    /// Asks the store for a body, or a range of it; `isShort` where it is known to be so.
    func start(_ head: HTTPRequestHead, on pool: any HTTPClientPool, isShort: Bool = false) {
        exchange = pool.begin(head, handler: self, isShort: isShort)
    }

    /// Opens what was held and what comes from now on.
    func open(with opener: ObjectOpener) {
        self.opener = opener
        let held = held
        self.held = ByteBuffer()
        unsafe held.withUnsafeReadableBytes { bytes in
            unsafe receive(bytes.bindMemory(to: UInt8.self).span)
        }
        if storeEnded { finish() }
    }

    /// The sink takes more again: the store is given credit for what it sent meanwhile.
    func resume() {
        guard unconsumed > 0 else { return }
        let count = unconsumed
        unconsumed = 0
        exchange?.consume(count)
    }

    /// Ends the reading; the sink hears nothing more.
    func cancel() {
        _ = leave()
        exchange?.cancel()
        exchange = nil
    }

    func received(_ head: HTTPResponseHead) {
        if head.status == 200 || head.status == 206 {
            sink?.storeAnswered(head)
        } else {
            refusal = StoreReply(status: head.status, fields: head.fields, body: [])
        }
    }

    func received(_ body: Span<UInt8>) {
        guard !isOver else { return }
        if refusal != nil {
            keepRefusal(body)
        } else if opener == nil {
            unsafe body.withUnsafeBufferPointer { _ = unsafe held.writeBytes($0) }
        } else {
            receive(body)
        }
    }

    func receivedEnd(trailers: HTTPFields) {
        exchange = nil
        storeEnded = true
        if let refusal {
            leave()?.storeRefused(refusal)
        } else if opener != nil {
            finish()
        }
    }

    func becameWritable() {}

    func failed(_ error: HTTPClientError) {
        exchange = nil
        stop(.storeFailed(error))
    }

    // A short document, read to its end so that the connection can be kept; more is dropped.
    private func keepRefusal(_ body: Span<UInt8>) {
        exchange?.consume(body.count)
        guard let kept = refusal?.body.count, kept + body.count <= UploadReply.bodyBytesMax else {
            return
        }
        unsafe body.withUnsafeBufferPointer { unsafe refusal?.body.append(contentsOf: $0) }
    }

    private func receive(_ body: Span<UInt8>) {
        guard let opener, !isOver else { return }
        var offset = 0
        while offset < body.count, !isOver {
            do throws(SealedObjectError) {
                offset += try step(opener, body.extracting(offset..<body.count))
            } catch {
                return stop(.sealBroken(error))
            }
        }
        guard !isOver else { return }
        unconsumed += body.count
        if sink?.takesMore == true { resume() }
    }

    /// Opens the next piece of at most one segment; gives how many stored bytes it took.
    private func step(
        _ opener: ObjectOpener,
        _ piece: Span<UInt8>
    ) throws(SealedObjectError) -> Int {
        if isSegmentSpent {
            // Reuses the memory where the transport is done with it, else takes new.
            segment.clear(minimumCapacity: opener.segmentCountMax)
            isSegmentSpent = false
        }
        var failure: SealedObjectError?
        var outcome: (consumed: Int, released: Range<Int>?) = (0, nil)
        unsafe segment.withUnsafeMutableWritableBytes { buffer in
            guard let address = buffer.baseAddress else { return }
            do throws(SealedObjectError) {
                outcome = try unsafe opener.open(piece, into: address)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        guard let released = outcome.released else { return outcome.consumed }
        if !released.isEmpty {
            segment.moveWriterIndex(to: released.upperBound)
            var plaintext = segment
            plaintext.moveReaderIndex(to: released.lowerBound)
            sink?.released(plaintext)
        }
        isSegmentSpent = true
        return outcome.consumed
    }

    private func finish() {
        guard let opener, !isOver else { return }
        do throws(SealedObjectError) {
            try opener.finish()
        } catch {
            return stop(.sealBroken(error))
        }
        leave()?.finished()
    }

    private func stop(_ fault: StoredBodyFault) {
        guard !isOver else { return }
        let sink = leave()
        exchange?.cancel()
        exchange = nil
        sink?.broke(fault)
    }

    /// The last that the sink hears.
    private func leave() -> (any Sink)? {
        isOver = true
        defer { sink = nil }
        return sink
    }
}

/// Why the rest of a stored body can't be had.
enum StoredBodyFault: Error, Equatable, Sendable {
    /// Bytes are not what was sealed.
    case sealBroken(SealedObjectError)
    /// The exchange with the store failed.
    case storeFailed(HTTPClientError)
}
