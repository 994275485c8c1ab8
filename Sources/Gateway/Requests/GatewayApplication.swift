import Daemon
import Encoding
import HTTPWire
import NIOCore
import S3Wire
import Transport

/// Serves S3: reads what a request is, finds out who sends it, and gives it to what serves it.
final class GatewayApplication: HTTPServerApplication {
    private let loops: LoopContexts

    init(_ loops: LoopContexts) { self.loops = loops }

    func begin(
        _ head: HTTPRequestHead,
        on exchange: any HTTPServerExchange
    ) -> any HTTPServerHandler {
        let loop = loops.context(of: exchange.eventLoop)
        let id = loop.requestIDs.make()
        let target: S3Target
        do throws(S3Error) {
            target = try S3Target(
                target: head.target,
                authority: head.authority,
                baseDomains: loop.services.options.domains
            )
        } catch {
            return RefusedHandler(
                RequestScope(exchange: exchange, loop: loop, id: id, head: head),
                error
            )
        }
        let operation = Result { () throws(S3Error) in
            try S3Operation.of(method: head.method, target: target, fields: head.fields)
        }
        let scope = RequestScope(
            exchange: exchange,
            loop: loop,
            id: id,
            head: head,
            target: target,
            operation: try? operation.get()
        )
        guard !loop.services.audit.refuses else { return RefusedHandler(scope, .unrecorded) }
        do throws(S3Error) {
            // Nobody signs a preflight; in a presigned URL stands the signature of what follows.
            if head.method != .options {
                scope.sender = try loop.authenticator.senderIfSigned(
                    head,
                    hostBucket: target.style == .virtualHost ? target.bucket : nil,
                    now: scope.beganAt
                )
            }
            do throws(S3Error) {
                try RequestChecks.check(scope, try operation.get())
            } catch {
                // Who may not ask isn't told what there is to ask for.
                throw scope.sender == nil ? S3Error(.accessDenied) : error
            }
        } catch {
            return RequestGate.refuse(scope, error)
        }
        return RequestGate.open(scope, for: Self.serve)
    }

    private static func serve(_ scope: RequestScope) -> any HTTPServerHandler {
        switch scope.operation {
        case .getObject, .headObject:
            let handler = ObjectReadHandler(scope)
            handler.begin()
            return handler
        case .putObject:
            let handler = UploadHandler(scope, ObjectUpload(scope))
            handler.begin()
            return handler
        case .uploadPart:
            let handler = UploadHandler(scope, PartUpload(scope))
            handler.begin()
            return handler
        case .postObject:
            let handler = FormHandler(scope)
            handler.begin()
            return handler
        case .preflightRequest: return PreflightHandler(scope)
        default:
            let handler = ControlHandler(scope)
            handler.begin()
            return handler
        }
    }
}

extension S3Error {
    /// Nothing is done that the audit stream couldn't tell.
    static let unrecorded = S3Error(
        .serviceUnavailable,
        "The audit stream can't be written; try again later."
    )
}

/// The contexts of all event loops.
final class LoopContexts: Sendable {
    private let contexts: [ObjectIdentifier: NIOLoopBound<LoopContext>]

    init(_ contexts: [ObjectIdentifier: NIOLoopBound<LoopContext>]) { self.contexts = contexts }

    /// The context of a loop; called on it.
    func context(of eventLoop: any EventLoop) -> LoopContext {
        guard let context = contexts[ObjectIdentifier(eventLoop)] else {
            preconditionFailure("a request on a loop that the server didn't start")
        }
        return context.value
    }

    /// Every context's loop and holder, for work on each.
    var all: [NIOLoopBound<LoopContext>] { Array(contexts.values) }
}

/// Answers a request that was refused by its head; its body is not wanted.
final class RefusedHandler: HTTPServerHandler {
    private let scope: RequestScope

    init(_ scope: RequestScope, _ error: S3Error) {
        self.scope = scope
        scope.fail(error)
    }

    func received(_ body: Span<UInt8>) { scope.exchange.consume(body.count) }
    func receivedEnd(trailers: HTTPFields) {}
    func becameWritable() {}
    func closed(complete: Bool) { scope.finish(complete: complete) }
}
