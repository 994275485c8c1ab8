import CChecksums

/// Several MD5 streams computed side by side, in the lanes of the processor's wide registers.
///
/// MD5 can't be split, so that one stream leaves most of a core idle; sixteen take about as long as
/// two. Streams that wait for each other's turn anyway share a turn.
enum MD5Lanes {
    /// How many streams the processor takes side by side.
    static let count = Int(sealgate_md5_lane_count())

    private static let blockBytes = Int(SEALGATE_MD5_BLOCK)

    /// How far a stream has come through its buffers.
    private struct Cursor {
        var stream: Int
        var buffer = 0
        var offset = 0
    }

    /// Takes each stream's buffers in, at most `count` streams.
    static func update(_ streams: inout [MD5Stream], with buffers: [[DigestBuffer]]) {
        var cursors = streams.indices.map { Cursor(stream: $0) }
        while true {
            cursors = cursors.compactMap { atBlocks($0, &streams, buffers) }
            guard cursors.count > 1, cursors.count <= count else { break }
            advance(&cursors, &streams, buffers)
        }
        for cursor in cursors { finish(cursor, &streams, buffers) }
    }

    /// The cursor at the next whole block, if there is one; what lies before it is taken in.
    private static func atBlocks(
        _ cursor: Cursor,
        _ streams: inout [MD5Stream],
        _ buffers: [[DigestBuffer]]
    ) -> Cursor? {
        var cursor = cursor
        while cursor.buffer < buffers[cursor.stream].count {
            let buffer = buffers[cursor.stream][cursor.buffer]
            if streams[cursor.stream].isBetweenBlocks, buffer.count - cursor.offset >= blockBytes {
                return cursor
            }
            buffer.withBytes(cursor.offset..<buffer.count) { streams[cursor.stream].update($0) }
            cursor.buffer += 1
            cursor.offset = 0
        }
        return nil
    }

    /// Takes in as many blocks as all have.
    private static func advance(
        _ cursors: inout [Cursor],
        _ streams: inout [MD5Stream],
        _ buffers: [[DigestBuffer]]
    ) {
        var states = cursors.map { streams[$0.stream].current }
        var addresses = unsafe [UnsafePointer<UInt8>?]()
        var blockCount = Int.max
        for cursor in cursors {
            let buffer = buffers[cursor.stream][cursor.buffer]
            unsafe addresses.append(buffer.address.map { unsafe $0 + cursor.offset })
            blockCount = min(blockCount, (buffer.count - cursor.offset) / blockBytes)
        }
        unsafe sealgate_md5_lanes(&states, addresses, states.count, blockCount)
        for index in cursors.indices {
            streams[cursors[index].stream].advance(by: blockCount) { $0 = states[index] }
            cursors[index].offset += blockCount * blockBytes
        }
    }

    /// Takes in the rest of one stream's buffers by itself.
    private static func finish(
        _ cursor: Cursor,
        _ streams: inout [MD5Stream],
        _ buffers: [[DigestBuffer]]
    ) {
        var offset = cursor.offset
        for buffer in buffers[cursor.stream][cursor.buffer...] {
            buffer.withBytes(offset..<buffer.count) { streams[cursor.stream].update($0) }
            offset = 0
        }
    }
}
