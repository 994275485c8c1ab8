import CChecksums

/// Several MD5 streams computed side by side, in the lanes of the processor's wide registers.
///
/// MD5 can't be split, so that one stream leaves most of a core idle; sixteen take about as long as
/// two. Streams that wait for each other's turn anyway share a turn.
enum MD5Lanes {
    /// How many streams the processor takes side by side.
    static let count = Int(sealgate_md5_lane_count())

    private static let blockBytes = Int(SEALGATE_MD5_BLOCK)

    /// How far a stream has come through its buffer.
    private struct Cursor {
        var stream: Int
        let buffer: DigestBuffer
        var offset = 0

        var blockCount: Int { (buffer.count - offset) / blockBytes }
    }

    /// Takes each stream's buffer in, if it has one; at most `count` streams.
    static func update(_ streams: inout [MD5Stream], with buffers: [DigestBuffer?]) {
        var cursors = zip(streams.indices, buffers).compactMap { stream, buffer in
            buffer.map { Cursor(stream: stream, buffer: $0) }
        }
        while !cursors.isEmpty {
            let goesOn = cursors.count > 1 && cursors.count <= count
            let first = cursors.partition {
                goesOn && streams[$0.stream].isBetweenBlocks && $0.blockCount > 0
            }
            for cursor in cursors[..<first] { finish(cursor, &streams) }
            cursors.removeFirst(first)
            if !cursors.isEmpty { advance(&cursors, &streams) }
        }
    }

    /// Takes in as many blocks as all have.
    private static func advance(_ cursors: inout [Cursor], _ streams: inout [MD5Stream]) {
        var states = cursors.map { streams[$0.stream].current }
        let addresses = unsafe cursors.map { cursor in
            unsafe cursor.buffer.address.map { unsafe $0 + cursor.offset }
        }
        let blockCount = cursors.map(\.blockCount).min() ?? 0
        unsafe sealgate_md5_lanes(&states, addresses, states.count, blockCount)
        for index in cursors.indices {
            streams[cursors[index].stream].advance(by: blockCount) { $0 = states[index] }
            cursors[index].offset += blockCount * blockBytes
        }
    }

    /// Takes in the rest of one stream's buffer by itself.
    private static func finish(_ cursor: Cursor, _ streams: inout [MD5Stream]) {
        cursor.buffer.withBytes(cursor.offset..<cursor.buffer.count) {
            streams[cursor.stream].update($0)
        }
    }
}
