import Daemon
import HTTPWire
import KMS
import NIOCore
import NIOEmbedded
import SigV4
import Testing
import Transport

@testable import Gateway

@Suite struct AdminHandlerTests {
    private let keys: TestKeys

    init() async throws { keys = try await TestKeys() }

    private func send(
        _ method: HTTPMethod,
        _ target: String,
        isSigned: Bool = true
    ) throws -> FakeExchange {
        let loop = EmbeddedEventLoop()
        let context = LoopContext(
            eventLoop: loop,
            services: keys.services,
            store: FakeStore(loop),
            objectCacheCountMax: 16,
            requestIDSeed: 1
        )
        let services = AdminApplication.Services(
            gateway: keys.services,
            kms: KMSAdmin(ring: keys.ring),
            registry: keys.registry,
            health: HealthRegistry()
        )
        let contexts = [ObjectIdentifier(loop): NIOLoopBound(context, eventLoop: loop)]
        let application = AdminApplication(services, LoopContexts(contexts))
        var head = HTTPRequestHead(method: method, target: target, authority: "admin")
        if isSigned { try TestKeys.signer().sign(&head, payload: .empty, now: TestKeys.now) }
        let exchange = FakeExchange(loop)
        let handler = application.begin(head, on: exchange)
        handler.receivedEnd(trailers: HTTPFields())
        handler.closed(complete: true)
        return exchange
    }

    @Test("health and metrics are told to anybody, keys to nobody without a signature")
    func anonymous() throws {
        let live = try send(.get, "/health/live", isSigned: false)
        #expect(live.status == 200)
        #expect(live.text == "live\n")
        #expect(try send(.get, "/health/ready", isSigned: false).status == 200)
        let metrics = try send(.get, "/metrics", isSigned: false)
        #expect(metrics.text.contains("# TYPE sealgate_object_faults_total counter"))
        let denied = try send(.get, "/kms/keys", isSigned: false)
        #expect(denied.status == 401)
        #expect(denied.field("cache-control") == "no-store")
    }

    @Test("a credential without admin rights is denied, and that is on record")
    func notAdmin() throws {
        let denied = try send(.post, "/kms/stop")
        #expect(denied.status == 403)
        #expect(denied.text.contains("admin: true"))
        #expect(keys.ring.isRunning)
        let events = try keys.audited()
        #expect(events.contains("\"operation\":\"kms:ConfigureService\""))
        #expect(events.contains("\"outcome\":\"denied\""))
        #expect(events.contains("\"principal\":\"owner\""))
    }

    @Test("what isn't there is 404, and HEAD has no body")
    func others() throws {
        #expect(try send(.get, "/nothing").status == 404)
        let head = try send(.head, "/health/live", isSigned: false)
        #expect(head.status == 200)
        #expect(head.body == [])
    }
}
