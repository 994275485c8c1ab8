import HTTPWire
import NIOCore
import S3Wire
import Transport

/// Requests of control work: a short body is collected and verified, then a task does the rest.
///
/// Bound to its event loop.
final class ControlHandler: HTTPServerHandler {
    private let scope: RequestScope
    private var reader: PayloadReader?
    private(set) var body: [UInt8] = []
    private var isOver = false
    private var transfer: CopyTransfer?
    private var attempts = 0
    private lazy var slow = SlowAnswer(scope)

    init(_ scope: RequestScope) { self.scope = scope }

    /// Begins to collect; refuses what can be refused by the head.
    func begin() {
        do throws(S3Error) {
            let limit = scope.loop.services.options.documentBytesMax
            let plan = try PayloadPlan(scope, countMax: UInt64(limit))
            reader = try plan.reader(scope)
            scope.sendContinue()
        } catch {
            fail(error)
        }
    }

    func received(_ body: Span<UInt8>) {
        if !isOver {
            do throws(S3Error) {
                try reader?.receive(body) { piece in
                    unsafe piece.withUnsafeBufferPointer { unsafe self.body.append(contentsOf: $0) }
                }
            } catch {
                fail(error)
            }
        }
        scope.exchange.consume(body.count)
    }

    func receivedEnd(trailers: HTTPFields) {
        guard !isOver, let reader, let target = scope.target,
            let operation = scope.operation
        else { return }
        do throws(S3Error) {
            _ = try reader.finish()
        } catch {
            return fail(error)
        }
        let request = ControlRequest(
            operation: operation,
            target: target,
            fields: scope.head.fields,
            authority: scope.head.authority,
            body: body,
            transport: scope.transport,
            settings: scope.settings,
            access: scope.access,
            sourceAccess: scope.sourceAccess,
            owner: scope.sender.map { sender in
                Owner(id: sender.credential.id, displayName: sender.credential.displayName)
            } ?? Owner(id: "anonymous", displayName: "anonymous"),
            services: scope.loop.services,
            store: scope.loop.client
        )
        perform(request)
    }

    private func perform(_ request: ControlRequest) {
        attempts += 1
        slow?.start()
        scope.controlUses = request.uses
        scope.isHeadLent = true
        scope.loop.perform { () async throws(S3Error) -> ControlAnswer in
            try await ControlWork.perform(request)
        } then: { [self] result in
            if case .success(let answer) = result, let copy = answer.copy, !isOver {
                return stream(copy, of: request)
            }
            giveHeadBack()
            finish(result)
        }
    }

    private func giveHeadBack() {
        scope.isHeadLent = false
        scope.wipeCustomerKeys()
    }

    /// Moves bytes; begins anew where the source was written since it was looked up.
    private func stream(_ copy: CopyPlan, of request: ControlRequest) {
        transfer = CopyTransfer(copy, scope) { [self] result in
            transfer = nil
            if case .failure(.changed) = result, attempts < ObjectReadHandler.attemptsMax, !isOver {
                return perform(request)
            }
            giveHeadBack()
            finish(result.mapError { $0.response })
        }
        transfer?.start { [self] in giveHeadBack() }
    }

    func becameWritable() {}

    func closed(complete: Bool) {
        isOver = true
        slow?.stop()
        if let transfer {
            self.transfer = nil
            transfer.cancel()
            giveHeadBack()
        }
        scope.finish(complete: complete)
    }

    private func finish(_ result: Result<ControlAnswer, S3Error>) {
        guard !isOver else { return }
        slow?.stop()
        switch result {
        case .success(let answer):
            scope.mode = answer.mode
            scope.keyID = answer.keyID
            noteBucket()
            if let slow, slow.isBegun { return slow.finish(answer.body) }
            scope.respond(status: answer.status, fields: answer.fields, body: answer.body)
        case .failure(let error): fail(error)
        }
    }

    private func noteBucket() {
        switch scope.operation {
        case .deleteBucket: scope.loop.buckets.forget(scope.bucket)
        case .abortMultipartUpload, .completeMultipartUpload:
            scope.loop.uploads.forget(scope.target?.query["uploadId"] ?? "")
        default: break
        }
    }

    private func fail(_ error: S3Error) {
        guard !isOver else { return }
        isOver = true
        if let slow, slow.isBegun { return slow.finish(scope.document(of: error)) }
        scope.fail(error)
    }
}
