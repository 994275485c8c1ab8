internal import HTTPWire
internal import S3Wire
internal import Transport

/// An exchange whose answer was sent, or comes by itself; its body isn't wanted.
final class AnsweredHandler: HTTPServerHandler {
    private let reply: DialectReply

    init(_ reply: DialectReply, _ head: HTTPRequestHead) {
        self.reply = reply
        if head.bodyLength != .known(0) { reply.exchange?.ignoreRequestBody() }
    }

    func received(_ body: Span<UInt8>) { reply.exchange?.consume(body.count) }

    func receivedEnd(trailers: HTTPFields) {}

    func becameWritable() {}

    func closed(complete: Bool) { reply.close() }
}

/// An exchange whose request is a document: gathered whole, up to a limit.
final class DocumentHandler: HTTPServerHandler {
    private let reply: DialectReply
    private let bytesMax: Int
    private let finish: ([UInt8]) -> Void
    private var bytes: [UInt8] = []

    /// `finish` gets the document and answers.
    init(
        _ reply: DialectReply,
        _ head: HTTPRequestHead,
        bytesMax: Int,
        finish: @escaping ([UInt8]) -> Void
    ) {
        self.reply = reply
        self.bytesMax = bytesMax
        self.finish = finish
        if head.expectsContinue { reply.exchange?.sendContinue() }
    }

    func received(_ body: Span<UInt8>) {
        guard !reply.isSent else { return }
        guard body.count <= bytesMax - bytes.count else {
            bytes = []
            reply.fail(S3Error(.maxMessageLengthExceeded))
            return
        }
        unsafe body.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        reply.exchange?.consume(body.count)
    }

    func receivedEnd(trailers: HTTPFields) {
        guard !reply.isSent else { return }
        let document = bytes
        bytes = []
        finish(document)
    }

    func becameWritable() {}

    func closed(complete: Bool) { reply.close() }
}
