import Daemon
import HTTPWire
import NIOCore
import S3Wire
import Transport

/// Keeps a client waiting whose request takes long: the answer begins, and white space follows now
/// and then until the document is there.
///
/// Its status is 200 before anything is known; what fails then is told by an `<Error>` in the
/// document's place. Clients of the operations that S3 answers so look for it (Amazon S3 API
/// Reference, CompleteMultipartUpload and CopyObject). Fields that tell of what was made come too
/// late then. Bound to its event loop.
final class SlowAnswer {
    /// Whether the answer's head went out.
    private(set) var isBegun = false

    private static let fields = HTTPFields([("content-type", "application/xml")])

    private let scope: RequestScope
    private let interval: TimeAmount
    private var scheduled: Scheduled<Void>?

    /// The answer of an operation whose clients take it so; `nil` for any other.
    init?(_ scope: RequestScope) {
        switch scope.operation {
        case .completeMultipartUpload, .copyObject, .uploadPartCopy: break
        default: return nil
        }
        self.scope = scope
        interval = scope.loop.services.options.answerInterval
    }

    /// Begins to wait.
    func start() {
        guard scheduled == nil else { return }
        schedule()
    }

    /// Ends the wait; what was begun is the caller's to end.
    func stop() {
        scheduled?.cancel()
        scheduled = nil
    }

    /// Ends the answer with a document whose declaration was sent already.
    func finish(_ document: [UInt8]) {
        stop()
        let rest = document.dropFirst(XMLWriter.declaration.utf8.count)
        scope.exchange.sendBody(ByteBuffer(bytes: rest))
        scope.exchange.sendEnd(trailers: nil)
    }

    private func schedule() {
        scheduled = scope.exchange.eventLoop.assumeIsolated().scheduleTask(in: interval) {
            self.waited()
        }
    }

    private func waited() {
        scheduled = nil
        if !isBegun {
            isBegun = true
            scope.loop.services.metrics.slowAnswers.increment()
            scope.sendHead(status: 200, fields: Self.fields, end: false)
            scope.exchange.sendBody(ByteBuffer(string: XMLWriter.declaration))
        } else if scope.exchange.isWritable {
            scope.exchange.sendBody(ByteBuffer(string: " "))
        }
        schedule()
    }
}
