import Daemon
import NIOCore
import NIOEmbedded
import Testing
import Transport

@testable import Gateway

@Suite struct StoreFileLimitTests {
    private func settings(_ files: Int) throws -> Settings {
        let flags = [
            "--limits-store-files": String(files), "--tls-certificate-file": "c",
            "--tls-key-file": "k",
        ]
        return try GatewaySettings.schema.load(
            file: nil,
            flags: flags.map { SettingFlag(name: $0.key, value: $0.value) }
        )
    }

    @Test("event loops share a quarter of what the process may open, up to the setting each")
    func share() throws {
        for (files, loops, open, expected) in [
            (4096, 2, 1024, 128), (100, 2, 1024, 100), (4096, 1, 524_288, 4096), (0, 1, 1024, 0),
            (4096, 4, 0, 0),
        ] {
            let limit = GatewayLimitSettings.storeFiles(
                try settings(files),
                loopCount: loops,
                openMax: open
            )
            #expect(limit == expected)
        }
    }

    @Test("only a store on a Unix socket passes files, and only where some may be open")
    func pools() throws {
        let loop = EmbeddedEventLoop()
        let (limits, metrics) = (HTTPClientLimits(), TransportMetrics())
        let socket = StoreTarget.socket(path: "/nowhere")
        let pool = try socket.pool(on: loop, limits, metrics).get()
        #expect(socket.bodyPool(beside: pool, filesMax: 1, limits, metrics) is FilePool)
        #expect(socket.bodyPool(beside: pool, filesMax: 0, limits, metrics) == nil)
        let engine = StoreTarget.engine(
            .init(
                url: try #require(BackendURL("http://127.0.0.1:1")),
                region: "us-east-1",
                reservedBucket: "records",
                accessKeyID: "id",
                secret: SecretText("secret"),
                tls: nil
            )
        )
        #expect(engine.bodyPool(beside: pool, filesMax: 1, limits, metrics) == nil)
    }
}
