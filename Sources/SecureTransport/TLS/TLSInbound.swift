internal import NIOCore

/// The ciphertext that came from the socket, in its order, given out by bytes or by records.
struct TLSInbound {
    private var first = ByteBuffer()
    private var waiting = CircularBuffer<ByteBuffer>(initialCapacity: 1)
    // The record that began in a buffer before `first`: records are given out in one piece.
    private var split = ByteBuffer()

    /// The bytes that were not given out yet.
    private(set) var count = 0

    /// Takes ciphertext.
    mutating func append(_ buffer: ByteBuffer) {
        guard buffer.readableBytes > 0 else { return }
        count += buffer.readableBytes
        if first.readableBytes == 0 { first = buffer } else { waiting.append(buffer) }
    }

    /// Copies up to `limit` bytes; 0 where there are none.
    mutating func take(into target: UnsafeMutableRawPointer, _ limit: Int) -> Int {
        guard hasBytes() else { return 0 }
        let taken = min(limit, first.readableBytes)
        unsafe first.withUnsafeReadableBytes {
            if let base = $0.baseAddress { unsafe target.copyMemory(from: base, byteCount: taken) }
        }
        drop(taken)
        count -= taken
        return taken
    }

    /// The bytes of the next record, its header included; `nil` until it is whole.
    ///
    /// - Throws: `.recordOverflow` as soon as the header says so.
    mutating func nextRecordCount() throws(TLSRecordError) -> Int? {
        let headerCount = TLSRecordCipher.headerCount
        guard let bodyCount = bodyCount() else {
            guard moveToSplit(upTo: headerCount), self.bodyCount() != nil else { return nil }
            return try nextRecordCount()
        }
        guard bodyCount <= Self.bodyCountMax else { throw .recordOverflow }
        let recordCount = headerCount + bodyCount
        if split.readableBytes == 0, first.readableBytes >= recordCount { return recordCount }
        split.reserveCapacity(recordCount)
        return moveToSplit(upTo: recordCount) ? recordCount : nil
    }

    /// Whether there is a whole record, or has to be looked for one across buffers.
    var mayHoldRecord: Bool {
        guard waiting.isEmpty else { return true }
        guard split.readableBytes == 0 else { return first.readableBytes > 0 }
        guard let bodyCount = bodyCount() else { return false }
        return first.readableBytes >= TLSRecordCipher.headerCount + bodyCount
    }

    /// The record of which `nextRecordCount` gave the length.
    func withRecord(
        _ recordCount: Int,
        _ use: (UnsafeRawBufferPointer) throws(TLSRecordError) -> Void
    ) throws(TLSRecordError) {
        var failure: TLSRecordError?
        let source = split.readableBytes > 0 ? split : first
        unsafe source.withUnsafeReadableBytes { bytes in
            do throws(TLSRecordError) {
                unsafe try use(UnsafeRawBufferPointer(rebasing: bytes.prefix(recordCount)))
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Forgets the record of which `nextRecordCount` gave the length.
    mutating func dropRecord(_ recordCount: Int) {
        if split.readableBytes > 0 { split = ByteBuffer() } else { drop(recordCount) }
        count -= recordCount
    }

    // From the header, as far as it is in one place.
    private func bodyCount() -> Int? {
        let source = split.readableBytes > 0 ? split : first
        let index = source.readerIndex + 3
        return source.getInteger(at: index, as: UInt16.self).map { Int($0) }
    }

    // Whether the split record has `wanted` bytes then.
    private mutating func moveToSplit(upTo wanted: Int) -> Bool {
        while split.readableBytes < wanted {
            guard hasBytes() else { return false }
            let moved = min(wanted - split.readableBytes, first.readableBytes)
            if var part = first.getSlice(at: first.readerIndex, length: moved) {
                split.writeBuffer(&part)
            }
            drop(moved)
        }
        return true
    }

    private mutating func hasBytes() -> Bool {
        if first.readableBytes == 0, let next = waiting.popFirst() { first = next }
        return first.readableBytes > 0
    }

    // A buffer that is read to its end is let go at once.
    private mutating func drop(_ dropped: Int) {
        first.moveReaderIndex(forwardBy: dropped)
        if first.readableBytes == 0 { first = waiting.popFirst() ?? ByteBuffer() }
    }

    /// The most bytes behind a record's header, RFC 8446 section 5.2.
    static let bodyCountMax = TLSSession.recordCountMax + 256
}
