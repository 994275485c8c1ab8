import HTTPWire

/// Requests of one connection: whole and in pieces they are the same ones.
@Sendable
func fuzzHTTP1Request(_ input: inout FuzzInput) {
    let seed = input.byte()
    let bytes = input.rest()
    let whole = readRequests([bytes])
    precondition(readRequests(pieces(bytes, seed: seed)) == whole, "a cut changes what is read")
}

private func readRequests(_ pieces: [[UInt8]]) -> MessageLog<HTTPRequestHead> {
    var parser = HTTP1RequestParser()
    var log = MessageLog<HTTPRequestHead>()
    var pending: [UInt8] = []
    do throws(HTTP1Error) {
        for piece in pieces {
            pending += piece
            while true {
                let step = try parser.next(pending.span)
                log.take(step.event, pending)
                pending.removeFirst(step.consumed)
                if step.event == .needMore { break }
            }
        }
        try parser.finish()
    } catch {
        log.error = error
    }
    return log
}

/// What was read of a connection, with the ranges of the bodies joined.
struct MessageLog<Head: Equatable & Sendable>: Equatable {
    var heads: [Head] = []
    var body: [UInt8] = []
    var trailers: [HTTPFields] = []
    var error: HTTP1Error?

    mutating func take(_ event: HTTP1Step<Head>.Event, _ input: [UInt8]) {
        switch event {
        case .needMore: break
        case .head(let head): heads.append(head)
        case .body(let range): body += input[range]
        case .end(let fields): trailers.append(fields)
        }
    }
}
