import Daemon
import Encoding
import HTTPWire
import KMS
import NIOCore
import S3Wire
import Transport

/// Serves the admin listener: the KMS API with SigV4, metrics and health without.
final class AdminApplication: HTTPServerApplication {
    /// What the listener serves from.
    struct Services: Sendable {
        var gateway: GatewayServices
        var kms: KMSAdmin
        var registry: MetricsRegistry
        var health: HealthRegistry
    }

    private let services: Services
    private let loops: LoopContexts

    init(_ services: Services, _ loops: LoopContexts) {
        self.services = services
        self.loops = loops
    }

    func begin(
        _ head: HTTPRequestHead,
        on exchange: any HTTPServerExchange
    ) -> any HTTPServerHandler {
        let loop = loops.context(of: exchange.eventLoop)
        let handler = AdminHandler(exchange, loop, services, head)
        handler.begin()
        return handler
    }
}
