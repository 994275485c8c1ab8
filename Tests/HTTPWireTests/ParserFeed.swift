import HTTPWire

/// What a parser made of an input, with the ranges of a body joined.
struct Findings<Head: Equatable & Sendable>: Equatable {
    struct Message: Equatable {
        var head: Head
        var body: [UInt8] = []
        var trailers: HTTPFields?
        var keepsAlive: Bool
    }

    var messages: [Message] = []
    var error: HTTP1Error?

    mutating func take(_ event: HTTP1Step<Head>.Event, _ input: [UInt8], keepsAlive: Bool) {
        switch event {
        case .needMore: break
        case .head(let head): messages.append(Message(head: head, keepsAlive: keepsAlive))
        case .body(let range): messages[messages.count - 1].body += input[range]
        case .end(let trailers): messages[messages.count - 1].trailers = trailers
        }
    }
}

/// Feeds a request parser pieces, giving again what it didn't consume.
func parseRequests(
    _ pieces: [[UInt8]],
    limits: HTTPLimits = HTTPLimits(),
    bodyBytesMax: Int = .max
) -> Findings<HTTPRequestHead> {
    var parser = HTTP1RequestParser(limits: limits)
    var findings = Findings<HTTPRequestHead>()
    var pending: [UInt8] = []
    do throws(HTTP1Error) {
        for piece in pieces {
            pending += piece
            while true {
                let step = try parser.next(pending.span, bodyBytesMax: bodyBytesMax)
                findings.take(step.event, pending, keepsAlive: parser.keepsAlive)
                pending.removeFirst(step.consumed)
                if step.event == .needMore { break }
            }
        }
        try parser.finish()
    } catch {
        findings.error = error
    }
    return findings
}

func parseRequests(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Findings<HTTPRequestHead> {
    parseRequests([Array(text.utf8)], limits: limits)
}

/// Feeds a response parser pieces; each response answers the next of `methods`.
func parseResponses(
    _ pieces: [[UInt8]],
    methods: [HTTPMethod] = [.get],
    limits: HTTPLimits = HTTPLimits()
) -> Findings<HTTPResponseHead> {
    var parser = HTTP1ResponseParser(limits: limits)
    var findings = Findings<HTTPResponseHead>()
    var pending: [UInt8] = []
    var methods = methods[...]
    if let method = methods.popFirst() { parser.expect(responseTo: method) }
    do throws(HTTP1Error) {
        for piece in pieces {
            pending += piece
            while true {
                let step = try parser.next(pending.span)
                findings.take(step.event, pending, keepsAlive: parser.keepsAlive)
                pending.removeFirst(step.consumed)
                if step.event == .needMore { break }
                if case .end = step.event, let method = methods.popFirst() {
                    parser.expect(responseTo: method)
                }
            }
        }
        if try parser.finish() {
            findings.messages[findings.messages.count - 1].trailers = HTTPFields()
        }
    } catch {
        findings.error = error
    }
    return findings
}

func parseResponses(
    _ text: String,
    methods: [HTTPMethod] = [.get]
) -> Findings<HTTPResponseHead> {
    parseResponses([Array(text.utf8)], methods: methods)
}
