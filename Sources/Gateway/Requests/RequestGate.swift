import HTTPWire
import NIOCore
import Policy
import S3Wire
import Transport

/// Stands between a request's head and what serves it: finds what was set for its buckets, and
/// asks policies whether it may go on.
///
/// Nothing that serves a request is made before; `100 Continue` isn't sent before either.
enum RequestGate {
    typealias Serve = (RequestScope) -> any HTTPServerHandler
    private typealias Completion = (Result<Void, S3Error>) -> Void

    /// What takes the request: what serves it at once, without a closure, where the bucket's
    /// settings are in memory.
    static func open(_ scope: RequestScope, for serve: @escaping Serve) -> any HTTPServerHandler {
        guard let allowed = allowedAtHand(scope) else {
            return hold(scope, until: admit, for: serve)
        }
        switch allowed {
        case .success: return serve(scope)
        case .failure(let error): return RefusedHandler(scope, error)
        }
    }

    /// Whether the request may go on, where everything that decides is in memory, else `nil`.
    private static func allowedAtHand(_ scope: RequestScope) -> Result<Void, S3Error>? {
        guard !scope.bucket.isEmpty else { return allowed(scope) }
        guard let settings = scope.loop.settingsAtHand(of: scope.bucket), !copies(scope) else {
            return nil
        }
        scope.take(settings)
        return allowed(scope)
    }

    /// What takes a request that was refused already: browsers keep an answer from pages of other
    /// origins unless it says what the bucket has set, so that is looked up where one asks.
    static func refuse(_ scope: RequestScope, _ error: S3Error) -> any HTTPServerHandler {
        guard scope.head.fields.contains("origin"), !scope.bucket.isEmpty,
            (try? RequestChecks.checkNames(scope, scope.operation)) != nil
        else { return RefusedHandler(scope, error) }
        let find = { (scope: RequestScope, completion: @escaping Completion) in
            scope.loop.settings(of: scope.bucket) { result in
                if let settings = try? result.get() { scope.take(settings) }
                completion(.failure(error))
            }
        }
        return hold(scope, until: find) { RefusedHandler($0, error) }
    }

    private static func hold(
        _ scope: RequestScope,
        until admit: (RequestScope, @escaping Completion) -> Void,
        for serve: @escaping Serve
    ) -> any HTTPServerHandler {
        var result: Result<Void, S3Error>?
        var handler: HeldHandler?
        admit(scope) { admitted in
            result = admitted
            handler?.decided(admitted)
        }
        switch result {
        case .success: return serve(scope)
        case .failure(let error): return RefusedHandler(scope, error)
        case nil:
            let held = HeldHandler(scope, serve)
            handler = held
            return held
        }
    }

    private static func admit(
        _ scope: RequestScope,
        then completion: @escaping Completion
    ) {
        scope.loop.settings(of: scope.bucket) { result in
            switch result {
            case .failure(let error): completion(.failure(error))
            case .success(let settings):
                scope.take(settings)
                let allowed = allowed(scope)
                guard case .success = allowed, copies(scope) else { return completion(allowed) }
                admitSource(scope, then: completion)
            }
        }
    }

    private static func allowed(_ scope: RequestScope) -> Result<Void, S3Error> {
        switch scope.operation {
        // The rules of CORS alone decide on a preflight; who sends a form its fields say.
        case .postObject, .preflightRequest: return .success(())
        default: break
        }
        do throws(S3Error) {
            scope.access = try RequestAccess(scope)
            return .success(try scope.access.require(scope))
        } catch {
            return .failure(error)
        }
    }

    private static func copies(_ scope: RequestScope) -> Bool {
        scope.operation == .copyObject || scope.operation == .uploadPartCopy
    }

    /// What is copied must be allowed to be read, by its own bucket's policy too.
    private static func admitSource(
        _ scope: RequestScope,
        then completion: @escaping Completion
    ) {
        let source: CopySource
        do throws(S3Error) {
            source = try CopySource(scope.head.fields)
            try BucketName.validate(source.bucket)
            guard source.bucket != scope.loop.services.storeForm.reservedBucket else {
                throw S3Error(.accessDenied)
            }
        } catch {
            return completion(.failure(error))
        }
        scope.loop.settings(of: source.bucket) { result in
            do throws(S3Error) {
                let policy = try result.get().policy()
                scope.sourceAccess = scope.access.of(policy?.document, scope)
                try scope.sourceAccess.require(
                    source.versionID == nil ? .getObject : .getObjectVersion,
                    bucket: source.bucket,
                    key: source.key
                )
                completion(.success(()))
            } catch {
                completion(.failure(error))
            }
        }
    }
}

/// A request that waits to be admitted: what comes of its body is held, and none is asked for.
final class HeldHandler: HTTPServerHandler {
    private let scope: RequestScope
    private let serve: RequestGate.Serve
    private var inner: (any HTTPServerHandler)?
    private var held = ByteBuffer()
    private var heldTrailers: HTTPFields?
    private var isReplaying = false
    private var isOver = false

    init(_ scope: RequestScope, _ serve: @escaping RequestGate.Serve) {
        self.scope = scope
        self.serve = serve
    }

    func decided(_ admitted: Result<Void, S3Error>) {
        guard !isOver else { return }
        switch admitted {
        case .failure(let error):
            scope.exchange.consume(held.readableBytes)
            held.clear()
            inner = RefusedHandler(scope, error)
        case .success:
            let inner = serve(scope)
            self.inner = inner
            replay(to: inner)
        }
    }

    /// What came before; credit for it may bring more at once, which has to wait its turn.
    private func replay(to inner: any HTTPServerHandler) {
        isReplaying = true
        while held.readableBytes > 0, !isOver {
            let piece = held
            held = ByteBuffer()
            unsafe piece.withUnsafeReadableBytes { bytes in
                unsafe inner.received(bytes.bindMemory(to: UInt8.self).span)
            }
        }
        isReplaying = false
        if let heldTrailers, !isOver { inner.receivedEnd(trailers: heldTrailers) }
    }

    func received(_ body: Span<UInt8>) {
        if let inner, !isReplaying { return inner.received(body) }
        unsafe body.withUnsafeBufferPointer { _ = unsafe held.writeBytes($0) }
    }

    func receivedEnd(trailers: HTTPFields) {
        if let inner, !isReplaying { return inner.receivedEnd(trailers: trailers) }
        heldTrailers = trailers
    }

    func becameWritable() { inner?.becameWritable() }

    func closed(complete: Bool) {
        isOver = true
        if let inner { inner.closed(complete: complete) } else { scope.finish(complete: complete) }
    }
}
