import HTTPWire
import NIOCore
import S3Wire
import SealedObject
import Transport

/// What the stored body's reader tells.
extension ObjectReadHandler: StoredBodyReader.Sink {
    var takesMore: Bool { scope.exchange.isWritable }

    func storeAnswered(_ head: HTTPResponseHead) {
        guard let wanted else { return found(head) }
        guard head.status == (wanted.isWhole ? 200 : 206) else {
            return refuse(StoreFailure.read(head.status))
        }
        reader?.open(with: wanted.opener)
    }

    func storeRefused(_ reply: StoreReply) {
        reader = nil
        if reply.status == 412, readUnknown() { return }
        if wanted != nil, reply.status == 404 || reply.status == 412 { return again() }
        refuse(StoreFailure.reply(reply, errorScope))
    }

    func released(_ plaintext: ByteBuffer) {
        beginAnswer(end: false)
        scope.exchange.sendBody(plaintext)
    }

    func finished() {
        reader = nil
        let isEmpty = plan?.range.isEmpty == true && !scope.answered
        beginAnswer(end: isEmpty)
        if !isEmpty { scope.exchange.sendEnd(trailers: nil) }
        end()
    }

    func broke(_ bodyFault: StoredBodyFault) {
        switch bodyFault {
        case .sealBroken(let error): fault(.sealBroken(error))
        case .storeFailed(let error):
            // Behind the head of the store's answer: the body is short or gone.
            if let opened {
                scope.report(ObjectFault.storeFailed, objectID: opened.envelope.objectID)
            }
            refuse(StoreFailure.answer(.unreachable(error)))
        }
    }

    /// The head goes out when the first segment was verified, not before.
    private func beginAnswer(end: Bool) {
        guard !scope.answered, let plan, let fields = answerFields else { return }
        scope.sendHead(status: plan.status, fields: fields, end: end)
    }
}
