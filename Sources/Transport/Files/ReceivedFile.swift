internal import CLinux
internal import Glibc

/// An open file that came over a link; closed when nobody holds it any more.
final class ReceivedFile: Sendable {
    /// What a read without waiting gave.
    enum Outcome: Equatable {
        case read(Int)
        /// The disk would have to be waited for.
        case notAtHand
        /// The file is shorter than was said, or can't be read.
        case failed
    }

    private let descriptor: Int32

    /// Takes the descriptor over.
    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Whether it is an ordinary file with the bytes of a piece.
    func holds(_ piece: FileMessage.Piece) -> Bool {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFREG
            && Int64(status.st_size) >= piece.offset + piece.count
    }

    /// Reads bytes at `offset` into `buffer`; from memory alone unless `waiting`.
    func read(
        into buffer: UnsafeMutableRawBufferPointer,
        at offset: Int64,
        waiting: Bool
    ) -> Outcome {
        while true {
            let count =
                if waiting {
                    unsafe pread(descriptor, buffer.baseAddress, buffer.count, Int(offset))
                } else {
                    unsafe sealgate_read_cached(
                        descriptor,
                        buffer.baseAddress,
                        buffer.count,
                        off_t(offset)
                    )
                }
            if count > 0 { return .read(count) }
            if count == 0 { return .failed }
            switch errno {
            case EINTR: continue
            case EAGAIN, EOPNOTSUPP: return waiting ? .failed : .notAtHand
            default: return .failed
            }
        }
    }

    /// Brings bytes into memory, waiting for the disk; what fails is left for the next read.
    func bringIn(_ piece: FileMessage.Piece) {
        unsafe withUnsafeTemporaryAllocation(byteCount: 131_072, alignment: 16) { buffer in
            var offset = piece.offset
            let end = piece.offset + piece.count
            while offset < end {
                let part = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: buffer[..<Int(min(end - offset, Int64(buffer.count)))]
                )
                guard case .read(let count) = unsafe read(into: part, at: offset, waiting: true)
                else { return }
                offset += Int64(count)
            }
        }
    }
}
