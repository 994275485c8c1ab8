/// A body in open files, read from its beginning to its end.
struct FileBody {
    /// Bytes of one of the files.
    struct Part {
        let file: ReceivedFile
        var piece: FileMessage.Piece
    }

    private var parts: ArraySlice<Part>
    /// Bytes not yet read.
    private(set) var count: Int64

    init(_ parts: [Part]) {
        self.parts = parts[...]
        count = parts.reduce(0) { $0 + $1.piece.count }
    }

    /// Files that are open.
    var fileCount: Int { parts.count }

    /// Whether each file has what is said of it.
    var isSound: Bool { parts.allSatisfy { $0.file.holds($0.piece) } }

    /// The next bytes that a disk would be asked for, `countMax` of them or fewer.
    func upcoming(_ countMax: Int64) -> Part? {
        parts.first.map { part in
            var part = part
            part.piece.count = min(part.piece.count, countMax)
            return part
        }
    }

    /// Reads the next bytes of one file.
    mutating func read(
        into buffer: UnsafeMutableRawBufferPointer,
        waiting: Bool
    ) -> ReceivedFile.Outcome {
        guard let part = parts.first else { return .failed }
        let room = Int(min(part.piece.count, Int64(buffer.count)))
        let outcome = unsafe part.file.read(
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<room]),
            at: part.piece.offset,
            waiting: waiting
        )
        guard case .read(let read) = outcome else { return outcome }
        count -= Int64(read)
        if Int64(read) == part.piece.count {
            parts.removeFirst()
        } else {
            parts[parts.startIndex].piece.offset += Int64(read)
            parts[parts.startIndex].piece.count -= Int64(read)
        }
        return outcome
    }
}
