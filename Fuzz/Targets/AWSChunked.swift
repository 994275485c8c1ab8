import HTTPWire
import S3Wire

/// Bodies in aws-chunked framing: whole and in pieces they are the same ones.
@Sendable
func fuzzAWSChunked(_ input: inout FuzzInput) {
    let modes: [PayloadMode] = [
        .streamingUnsignedTrailer, .streamingSigned, .streamingSignedTrailer,
    ]
    let choice = input.byte()
    let seed = input.byte()
    let length = choice & 0x80 == 0 ? nil : UInt64(input.byte())
    let bytes = input.rest()
    let decoder = AWSChunkedDecoder(
        mode: modes[Int(choice & 0x7f) % modes.count],
        decodedLength: length
    )
    let whole = decode([bytes], decoder)
    precondition(decode(pieces(bytes, seed: seed), decoder) == whole, "a cut changes what is read")
    if whole.error == nil {
        precondition(whole.data.count == length ?? UInt64(whole.data.count), "a wrong length")
    }
}

private struct ChunkLog: Equatable {
    var data: [UInt8] = []
    var others: [AWSChunkedDecoder.Event] = []
    var error: AWSChunkedError?
}

private func decode(_ pieces: [[UInt8]], _ start: AWSChunkedDecoder) -> ChunkLog {
    var decoder = start
    var log = ChunkLog()
    do throws(AWSChunkedError) {
        for piece in pieces {
            var position = 0
            while let event = try decoder.next(piece.span, &position) {
                if case .data(let range) = event {
                    log.data += piece[range]
                } else {
                    log.others.append(event)
                }
            }
        }
        try decoder.finish()
    } catch {
        log.error = error
    }
    return log
}
