import HTTPWire

/// Responses of one connection to requests of the methods that the first byte gives.
@Sendable
func fuzzHTTP1Response(_ input: inout FuzzInput) {
    let methods = input.byte()
    let seed = input.byte()
    let bytes = input.rest()
    let whole = readResponses([bytes], methods)
    let cut = readResponses(pieces(bytes, seed: seed), methods)
    precondition(cut == whole, "a cut changes what is read")
}

private func readResponses(_ pieces: [[UInt8]], _ methods: UInt8) -> MessageLog<HTTPResponseHead> {
    var parser = HTTP1ResponseParser()
    var log = MessageLog<HTTPResponseHead>()
    var pending: [UInt8] = []
    var methods = methods
    parser.expect(responseTo: methods & 1 == 0 ? .get : .head)
    do throws(HTTP1Error) {
        for piece in pieces {
            pending += piece
            while true {
                let step = try parser.next(pending.span)
                log.take(step.event, pending)
                pending.removeFirst(step.consumed)
                if step.event == .needMore { break }
                guard case .end = step.event else { continue }
                methods >>= 1
                if methods > 0 { parser.expect(responseTo: methods & 1 == 0 ? .get : .head) }
            }
        }
        if try parser.finish() { log.trailers.append(HTTPFields()) }
    } catch {
        log.error = error
    }
    return log
}
