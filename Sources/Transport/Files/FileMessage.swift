/// What goes with the files of one body over a file link (docs/backend-dialect.md, "Files").
///
/// 64-bit integers, little-endian: the token that the answer names, then the offset and the count
/// of bytes of each file's piece, in the order of the body.
struct FileMessage: Equatable {
    /// Bytes of one file, a piece of a body.
    struct Piece: Equatable {
        var offset: Int64
        var count: Int64
    }

    /// The most files of one body: what Linux takes in one message (SCM_MAX_FD).
    static let piecesMax = 253
    /// The most bytes of a message.
    static let bytesMax = 8 + 16 * piecesMax

    var token: UInt64
    var pieces: [Piece]

    init(token: UInt64, pieces: [Piece]) {
        self.token = token
        self.pieces = pieces
    }

    /// Reads a message that came with `fileCount` files.
    ///
    /// `nil` for what is none: another length, a piece without bytes, or bytes beyond 2^63.
    init?(_ bytes: Span<UInt8>, fileCount: Int) {
        guard (1...Self.piecesMax).contains(fileCount), bytes.count == 8 + 16 * fileCount else {
            return nil
        }
        token = Self.word(bytes, at: 0)
        pieces = []
        var total: Int64 = 0
        for index in 0..<fileCount {
            guard let offset = Int64(exactly: Self.word(bytes, at: 8 + 16 * index)),
                let count = Int64(exactly: Self.word(bytes, at: 16 + 16 * index)), count > 0,
                !offset.addingReportingOverflow(count).overflow
            else { return nil }
            let sum = total.addingReportingOverflow(count)
            guard !sum.overflow else { return nil }
            total = sum.partialValue
            pieces.append(Piece(offset: offset, count: count))
        }
    }

    /// The message as it is sent.
    var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + 16 * pieces.count)
        Self.append(token, to: &bytes)
        for piece in pieces {
            Self.append(UInt64(bitPattern: piece.offset), to: &bytes)
            Self.append(UInt64(bitPattern: piece.count), to: &bytes)
        }
        return bytes
    }

    private static func word(_ bytes: Span<UInt8>, at index: Int) -> UInt64 {
        var word: UInt64 = 0
        for position in (index..<index + 8).reversed() {
            word = word << 8 | UInt64(bytes[position])
        }
        return word
    }

    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: word >> shift))
        }
    }
}
