internal import NIOCore

/// Writes one body past the page cache (O_DIRECT): in large aligned pieces, by threads, while the
/// next piece is gathered.
///
/// Bound to its event loop. The last bytes, which fill no block, go through the cache; where the
/// disk refuses a direct write, all that follow do.
final class DirectBody {
    /// What becomes of a body.
    private enum End {
        /// More may come.
        case open
        /// Everything came; told of when it is durable.
        case finishing(EventLoopPromise<NewBody>)
        /// Nothing of it is wanted.
        case discarded
    }

    private let files: BodyFiles
    private let id: FileID
    private let descriptor: Int32
    private let loop: any EventLoop
    private let report: BodyWriter.Report

    private var buffer: DirectBuffer?
    private var half = DirectBuffer.Half.first
    /// Bytes gathered in the half.
    private var filled = 0
    /// Bytes before the half.
    private var offset: Int64 = 0
    /// Bytes whose credit waits for the write that is under way.
    private var withheld = 0
    private var isWriting = false
    private var isRefused = false
    private var failure: StoreError?
    private var end = End.open

    /// A body of a file that is there and empty; both, and the buffer, are its own to give back.
    init(
        _ file: (id: FileID, descriptor: Int32),
        _ buffer: DirectBuffer,
        files: BodyFiles,
        on loop: any EventLoop,
        _ report: BodyWriter.Report
    ) {
        (id, descriptor) = file
        self.buffer = buffer
        self.files = files
        self.loop = loop
        self.report = report
    }

    /// Bytes taken so far.
    var size: Int64 { offset + Int64(filled) }

    /// Takes the next bytes; answers for how many more may come now, the others follow.
    ///
    /// - Throws: what an earlier write met.
    func append(_ bytes: Span<UInt8>) throws(StoreError) -> Int {
        guard let buffer else { throw failure ?? .stopping }
        var rest = bytes
        while !rest.isEmpty {
            let count = min(rest.count, buffer.halfBytes - filled)
            buffer.fill(half, at: filled, with: rest.extracting(first: count))
            filled += count
            rest = rest.extracting(droppingFirst: count)
            guard filled == buffer.halfBytes else { break }
            if isWriting {
                guard !rest.isEmpty else { break }
                // More came than had credit: the half has to make room at once.
                note(try Self.write(buffer, half, filled, at: offset, descriptor, files))
                offset += Int64(filled)
                filled = 0
            } else {
                submit(buffer)
            }
        }
        let isRoomy = filled <= buffer.halfBytes - BodyWriter.windowBytes
        guard isWriting, !isRoomy else { return bytes.count }
        withheld += bytes.count
        return 0
    }

    /// Makes the body durable; nothing may be appended any more.
    func finish() -> EventLoopFuture<NewBody> {
        let promise = loop.makePromise(of: NewBody.self)
        end = .finishing(promise)
        if !isWriting { goOn() }
        return promise.futureResult
    }

    /// Drops what was taken, once no thread works on it.
    func discard() {
        guard case .open = end else { return }
        end = .discarded
        if !isWriting { goOn() }
    }

    /// Hands the half to a thread and turns to the other one.
    private func submit(_ buffer: DirectBuffer) {
        let (half, count, offset) = (half, filled, offset)
        let (descriptor, files) = (descriptor, files)
        isWriting = true
        self.half = half.other
        self.offset += Int64(count)
        filled = 0
        files.onThread(loop) {
            try Self.write(buffer, half, count, at: offset, descriptor, files)
        }
        .assumeIsolated().whenComplete { self.wrote($0) }
    }

    private func wrote(_ result: Result<Bool, any Error>) {
        isWriting = false
        switch result {
        case .success(let isDirect): note(isDirect)
        case .failure(let error): failure = (error as? StoreError) ?? .stopping
        }
        goOn()
    }

    /// A body counts once, though a thread and the loop may both have met the refusal.
    private func note(_ isDirect: Bool) {
        guard !isDirect, !isRefused else { return }
        isRefused = true
        files.countRefused()
    }

    /// Decides what is next, when no thread works on the body.
    private func goOn() {
        switch end {
        case .discarded: drop()
        case .finishing(let promise):
            if let failure {
                drop()
                promise.fail(failure)
            } else if filled > 0, let buffer {
                submit(buffer)
            } else {
                release()
                files.publish(id, size: size, descriptor: descriptor, on: loop)
                    .cascade(to: promise)
            }
        case .open:
            if let failure { return report.failed(failure) }
            if let buffer, filled == buffer.halfBytes { submit(buffer) }
            let count = withheld
            withheld = 0
            // Last: more may come before it returns.
            if count > 0 { report.credited(count) }
        }
    }

    private func drop() {
        release()
        files.drop(id, descriptor: descriptor)
    }

    private func release() {
        guard let buffer else { return }
        self.buffer = nil
        files.directBuffers.give(buffer)
    }

    /// Writes whole blocks directly, the rest of the last one through the cache; blocks.
    ///
    /// - Returns: whether the disk took the blocks directly.
    private static func write(
        _ buffer: DirectBuffer,
        _ half: DirectBuffer.Half,
        _ count: Int,
        at offset: Int64,
        _ descriptor: Int32,
        _ files: BodyFiles
    ) throws(StoreError) -> Bool {
        let whole = count - count % DirectBuffer.alignment
        let isDirect = try buffer.withBytes(of: half, 0..<whole) { (bytes) throws(StoreError) in
            try files.writeBlocks(bytes, to: descriptor, at: offset)
        }
        guard whole < count else { return isDirect }
        files.leaveDirect(descriptor)
        try buffer.withBytes(of: half, whole..<count) { (bytes) throws(StoreError) in
            try files.write(bytes, to: descriptor, at: offset + Int64(whole))
        }
        return isDirect
    }
}
