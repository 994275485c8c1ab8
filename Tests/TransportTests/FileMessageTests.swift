import TestSupport
import Testing

@testable import Transport

@Suite struct FileMessageTests {
    @Test("a message is read as it was written, for each number of pieces")
    func roundTrip() {
        var random = SplitMix64(seed: 41)
        for count in 1...FileMessage.piecesMax {
            let pieces = (0..<count).map { _ in
                FileMessage.Piece(
                    offset: Int64(random.next() >> 2),
                    count: Int64(random.next() >> 12) + 1
                )
            }
            let message = FileMessage(token: random.next(), pieces: pieces)
            let bytes = message.bytes
            #expect(bytes.count <= FileMessage.bytesMax)
            #expect(FileMessage(bytes.span, fileCount: count) == message)
            for other in [0, count - 1, count + 1] {
                #expect(FileMessage(bytes.span, fileCount: other) == nil)
            }
            for length in [0, 7, 8, bytes.count - 1] {
                #expect(FileMessage(bytes.span.extracting(0..<length), fileCount: count) == nil)
            }
            #expect(FileMessage((bytes + [0]).span, fileCount: count) == nil)
        }
    }

    @Test("its words are little-endian")
    func layout() {
        let message = FileMessage(token: 0x0102, pieces: [.init(offset: 3, count: 0x0400)])
        let words: [[UInt8]] = [[2, 1], [3, 0], [0, 4]]
        #expect(message.bytes == words.flatMap { $0 + [UInt8](repeating: 0, count: 6) })
    }

    @Test(
        "pieces that can't be are refused",
        arguments: [
            [(0, 0)], [(-1, 1)], [(0, -1)], [(Int64.max, 1)], [(0, 5), (0, 0)],
            [(0, Int64.max), (0, 1)],
        ] as [[(Int64, Int64)]]
    )
    func malformed(pieces: [(Int64, Int64)]) {
        let message = FileMessage(token: 1, pieces: pieces.map { .init(offset: $0, count: $1) })
        #expect(FileMessage(message.bytes.span, fileCount: pieces.count) == nil)
    }

    @Test("more files than a body may have are refused")
    func tooMany() {
        let count = FileMessage.piecesMax + 1
        let pieces = [FileMessage.Piece](repeating: .init(offset: 0, count: 1), count: count)
        let bytes = FileMessage(token: 1, pieces: pieces).bytes
        #expect(FileMessage(bytes.span, fileCount: count) == nil)
    }
}
