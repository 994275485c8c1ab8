import Daemon
import Encoding
import KMS
import NIOCore
import Testing
import Transport

@testable import Gateway

@Suite struct GatewaySettingsTests {
    private func load(_ flags: [String: String] = [:]) throws(SettingsError) -> Settings {
        let all = flags.merging(
            ["--tls-certificate-file": "c.pem", "--tls-key-file": "k.pem"]
        ) { given, _ in given }
        return try GatewaySettings.schema.load(
            file: nil,
            flags: all.map { SettingFlag(name: $0.key, value: $0.value) }
        )
    }

    @Test("the sample is a file of settings that loads, and names each")
    func sample() throws {
        let text = GatewaySettings.schema.sampleYAML()
        for declaration in GatewaySettings.schema.declarations {
            let key = declaration.name.split(separator: ".").last.map(String.init) ?? ""
            let name = declaration.fileName == nil ? key : key + "_file"
            #expect(text.contains("# \(name):"), "\(declaration.name)")
            #expect(text.contains("# \(declaration.summary)"), "\(declaration.name)")
        }
        let filled = text.replacing("# certificate_file: \"\"", with: "certificate_file: c")
            .replacing("# key_file: \"\"", with: "key_file: k")
        _ = try GatewaySettings.schema.load(yaml: filled, path: "sample.yaml")
    }

    @Test("without a certificate nothing starts")
    func required() {
        #expect(throws: SettingsError.self) { try GatewaySettings.schema.load(file: nil) }
    }

    @Test("every limit of clients acts on the server")
    func serverLimits() throws {
        let limits = GatewayLimitSettings.server(
            try load([
                "--limits-connections": "1", "--limits-streams-per-connection": "2",
                "--limits-header-bytes": "9000", "--limits-header-fields": "33",
                "--limits-handshake-timeout": "5s", "--limits-header-timeout": "6s",
                "--limits-body-idle-timeout": "7s", "--limits-keep-alive-timeout": "8s",
                "--limits-body-bytes-per-second-min": "9", "--limits-http2-resets-max": "10",
                "--limits-http2-continuation-frames": "11", "--limits-linger-timeout": "12s",
            ])
        )
        #expect(limits.connectionsMax == 1)
        #expect(limits.streamsMax == 2)
        #expect(limits.message.headBytesMax == 9000)
        #expect(limits.message.fieldsMax == 33)
        #expect(limits.handshakeTimeout == .seconds(5))
        #expect(limits.headTimeout == .seconds(6))
        #expect(limits.bodyIdleTimeout == .seconds(7))
        #expect(limits.keepAliveTimeout == .seconds(8))
        #expect(limits.bodyBytesPerSecondMin == 9)
        #expect(limits.resetsMax == 10)
        #expect(limits.continuationFramesMax == 11)
        #expect(limits.lingerTimeout == .seconds(12))
    }

    @Test("every limit of the store acts on its pool")
    func storeLimits() throws {
        let limits = GatewayLimitSettings.store(
            try load([
                "--limits-store-connections": "3", "--limits-store-queue": "4",
                "--limits-store-timeout": "5s",
            ])
        )
        #expect(limits.connectionsMax == 3)
        #expect(limits.queueMax == 4)
        #expect(limits.responseTimeout == .seconds(5))
    }

    @Test("the defaults are the limits that are documented")
    func defaults() throws {
        let settings = try load()
        let limits = GatewayLimitSettings.server(settings)
        #expect(limits.connectionsMax == 10_000)
        #expect(limits.streamsMax == 128)
        #expect(limits.message.headBytesMax == 65_536)
        #expect(limits.message.fieldsMax == 128)
        #expect(limits.handshakeTimeout == .seconds(10))
        #expect(limits.headTimeout == .seconds(15))
        #expect(limits.bodyIdleTimeout == .seconds(60))
        #expect(limits.keepAliveTimeout == .seconds(75))
        #expect(limits.bodyBytesPerSecondMin == 1024)
        #expect(limits.resetsMax == 100)
        #expect(limits.continuationFramesMax == 8)
        #expect(limits.lingerTimeout == .seconds(2))
        #expect(settings[GatewayLimitSettings.documentBytes] == 2 << 20)
        #expect(GatewayLimitSettings.store(settings).responseTimeout == .seconds(30))
    }

    @Test("every setting of the key ring acts on it")
    func ring() throws {
        let ring = try KeyServices.ringSettings(
            try load([
                "--kms-default-key-id": "other", "--kms-timeout": "2s",
                "--kms-retry-attempts": "4", "--kms-calls-in-flight-max": "5",
                "--kms-enable-cache": "false", "--kms-max-cached-keys": "6",
                "--kms-bucket-key-ttl-sse-s3": "7s", "--kms-bucket-key-ttl-sse-kms": "8s",
                "--kms-cache-ttl": "9s",
            ])
        )
        #expect(ring.defaultKeyID?.name == "other")
        #expect(ring.tryDeadlineMilliseconds == 2000)
        #expect(ring.tryCountMax == 4)
        #expect(ring.callCountMax == 5)
        #expect(!ring.cacheEnabled)
        #expect(ring.cachedKeyCountMax == 6)
        #expect(ring.bucketKeyLifetimeSSES3Seconds == 7)
        #expect(ring.bucketKeyLifetimeSSEKMSSeconds == 8)
        #expect(ring.dataKeyLifetimeSeconds == 9)
    }

    @Test("a default key that no key can be is refused with the remedy")
    func badDefaultKey() throws {
        let settings = try load(["--kms-default-key-id": "a b"])
        #expect(throws: GatewayStartError.self) { try KeyServices.ringSettings(settings) }
    }

    @Test("the settings of requests reach them")
    func services() async throws {
        let keys = try await TestKeys()
        let settings = try load([
            "--listen-regions": "eu-1,eu-2", "--listen-domains": "a.example,b.example",
            "--limits-xml-bytes": "70000", "--limits-bucket-cache": "7",
            "--limits-upload-cache": "8", "--limits-object-cache": "9",
            "--limits-answer-interval": "1250ms",
            "--encryption-default": "sse-kms", "--compatibility": "aws",
            "--limits-bucket-settings-cache": "10", "--limits-bucket-settings-lifetime": "1500ms",
        ])
        let remembered = GatewayLimitSettings.bucketSettings(settings)
        #expect(remembered.countMax == 10)
        #expect(remembered.lifetimeMilliseconds == 1500)
        let services = GatewayServices(
            settings,
            storeForm: .dialect,
            credentials: [],
            keys: keys.ring,
            bucketSettings: keys.services.settings,
            audit: AuditLog(),
            log: keys.services.log,
            metrics: keys.services.metrics
        )
        #expect(services.options.regions == ["eu-1", "eu-2"])
        #expect(services.options.domains == ["a.example", "b.example"])
        #expect(services.options.documentBytesMax == 70_000)
        #expect(services.options.bucketCacheCountMax == 7)
        #expect(services.options.uploadCacheCountMax == 8)
        #expect(services.options.objectCacheCountMax == 9)
        #expect(services.options.answerInterval == .milliseconds(1250))
        #expect(services.sse.gatewayDefault == .sseKMS(keyID: nil, bucketKeyEnabled: true))
        #expect(services.sse.compatibility == .aws)
        #expect(services.errors.compatibility == .aws)
    }

    @Test("credentials are unique, whole and at least one")
    func credentials() throws {
        func list(_ text: String) throws -> [Credential] {
            let yaml = "tls:\n  certificate_file: c\n  key_file: k\ncredentials:\n" + text
            return try Credential.list(
                GatewaySettings.schema.load(yaml: yaml, path: "test.yaml")
            )
        }
        let one = "  - id: i\n    access_key_id: A\n    secret_access_key: s\n"
        let credentials = try list(one)
        #expect(credentials.map(\.accessKeyID) == ["A"])
        #expect(credentials[0].displayName == "i")
        #expect(!credentials[0].isAdmin)
        #expect(throws: GatewayStartError.self) { try list(one + one) }
        #expect(throws: GatewayStartError.self) { try list("  - id: i\n    access_key_id: A\n") }
        #expect(throws: GatewayStartError.self) { try Credential.list(try load()) }
    }
}
