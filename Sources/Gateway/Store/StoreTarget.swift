import Crypto
import Daemon
import Encoding
import HTTPWire
import NIOCore
import SecureTransport
import SigV4
import Transport

/// Where the store is and how its connections are made.
enum StoreTarget: Sendable {
    /// A foreign engine.
    case engine(Engine)
    /// A store that speaks the dialect.
    case socket(path: String)

    /// A foreign engine's address and the gateway's credential there.
    struct Engine: Sendable {
        var url: BackendURL
        var region: String
        var reservedBucket: String
        var accessKeyID: String
        var secret: SecretText
        var tls: SecureClientPipeline?
    }

    /// The target of the settings.
    ///
    /// - Throws: what is missing or unsafe, and the remedy.
    init(_ settings: Settings) throws(GatewayStartError) {
        guard let text = settings[GatewaySettings.backendURL] else {
            self = .socket(path: settings[GatewaySettings.backendSocket])
            return
        }
        guard let url = BackendURL(text) else {
            throw GatewayStartError(
                "backend.url: \(text) is no address of an S3 engine",
                hint: "write https://host:port without a path"
            )
        }
        guard let accessKeyID = settings[GatewaySettings.backendAccessKey],
            let secret = settings[GatewaySettings.backendSecretKey], !secret.isEmpty
        else {
            throw GatewayStartError(
                "backend.url is set without a credential for the engine",
                hint: "set backend.access_key_id and backend.secret_access_key_file"
            )
        }
        guard url.isSecure || url.isLoopback || settings[GatewaySettings.backendPlaintext] else {
            throw GatewayStartError(
                "backend.url: \(text) speaks no TLS, and isn't on this machine",
                hint: "use https://, or set backend.allow_plaintext: true and accept that names, "
                    + "sizes and times cross the network in the clear"
            )
        }
        self = .engine(
            Engine(
                url: url,
                region: settings[GatewaySettings.backendRegion],
                reservedBucket: settings[GatewaySettings.backendReservedBucket],
                accessKeyID: accessKeyID,
                secret: secret,
                tls: url.isSecure ? try Self.tls(url, settings) : nil
            )
        )
    }

    private static func tls(
        _ url: BackendURL,
        _ settings: Settings
    ) throws(GatewayStartError) -> SecureClientPipeline {
        do throws(TLSError) {
            let context = try TLSClientContext(
                .init(authoritiesFile: settings[GatewaySettings.backendCAFile])
            )
            return SecureClientPipeline(context: context, serverName: url.host)
        } catch {
            throw GatewayStartError(error.description, hint: "see backend.ca_file")
        }
    }

    /// What to warn of at every start.
    var warning: String? {
        guard case .engine(let engine) = self, !engine.url.isSecure else { return nil }
        return "backend.url speaks no TLS: whoever is on the way sees names, sizes and times, and "
            + "may delete or hold back objects; contents stay sealed"
    }

    /// The store for people.
    var description: String {
        switch self {
        case .engine(let engine):
            "\(engine.url.isSecure ? "https" : "http")://\(engine.url.authority)"
                + " (records in \(engine.reservedBucket))"
                + (engine.url.isSecure ? "" : " WITHOUT TLS")
        case .socket(let path): "unix:\(path)"
        }
    }

    /// The connections of one event loop; called on it.
    func pool(
        on eventLoop: any EventLoop,
        _ limits: HTTPClientLimits,
        _ metrics: TransportMetrics
    ) -> Result<any HTTPClientPool, GatewayStartError> {
        switch self {
        case .socket(let path):
            return .success(
                HTTP1ClientPool(
                    target: .unix(path: path),
                    eventLoop: eventLoop,
                    limits: limits,
                    metrics: metrics
                )
            )
        case .engine(let engine): return Self.pool(engine, eventLoop, limits, metrics)
        }
    }

    /// The connections of one event loop for the bodies of objects, beside `pool`, if the store
    /// passes those as open files; called on the loop.
    func bodyPool(
        beside pool: any HTTPClientPool,
        filesMax: Int,
        _ limits: HTTPClientLimits,
        _ metrics: TransportMetrics
    ) -> (any HTTPClientPool)? {
        guard filesMax > 0, case .socket(let path) = self else { return nil }
        return FilePool(pool, path: path, filesMax: filesMax, limits: limits, metrics: metrics)
    }

    private static func pool(
        _ engine: Engine,
        _ eventLoop: any EventLoop,
        _ limits: HTTPClientLimits,
        _ metrics: TransportMetrics
    ) -> Result<any HTTPClientPool, GatewayStartError> {
        var configure: (@Sendable (any Channel) throws -> Void)?
        if let tls = engine.tls { configure = { channel in try tls.add(to: channel) } }
        let base = HTTP1ClientPool(
            target: .tcp(host: engine.url.host, port: engine.url.port),
            eventLoop: eventLoop,
            limits: limits,
            metrics: metrics,
            configure: configure
        )
        do throws(CryptoError) {
            let signer = SigV4Signer(
                accessKeyID: engine.accessKeyID,
                secret: try SecretBytes(copying: engine.secret.bytes.span),
                region: engine.region
            )
            return .success(
                EnginePool(
                    base,
                    authority: engine.url.authority,
                    names: EngineNames(reservedBucket: engine.reservedBucket),
                    signer: signer,
                    clock: { SystemClock.now }
                )
            )
        } catch {
            return .failure(
                GatewayStartError(
                    "no locked memory for the secret of \(engine.accessKeyID)",
                    hint: "raise the limit of locked memory (ulimit -l)"
                )
            )
        }
    }

    /// How the store wants to be asked, from its own answer.
    ///
    /// - Throws: what stands in the way of serving, and the remedy.
    func form(_ client: StoreClient) async throws(GatewayStartError) -> StoreForm {
        let reply: StoreReply
        do throws(StoreError) {
            reply = try await client.sendAlone(
                StoreRequest(.get, query: "sealgate-capabilities")
            )
        } catch {
            throw notAnswering("\(error)")
        }
        let capabilities = StoreCapabilities(reply)
        switch self {
        case .socket:
            guard capabilities.isSuperset(of: .required) else {
                throw GatewayStartError(
                    "the store at backend.socket lacks capabilities of the dialect",
                    hint: "start a sealgate-store of the same version"
                )
            }
            var form = StoreForm.dialect
            form.capabilities = capabilities
            return form
        case .engine(let engine):
            // A credential that may not list buckets is refused the question; that says nothing.
            guard reply.isSuccess || reply.status == 403 else {
                throw notAnswering("status \(reply.status)")
            }
            // What its requests are carried in here is plain S3: no trailers, no tables.
            return StoreForm(
                capabilities: capabilities.intersection([.listMetadata, .conditionalCommit]),
                reservedBucket: engine.reservedBucket,
                region: engine.region
            )
        }
    }

    /// Makes sure that the bucket of records is there.
    func prepare(_ client: StoreClient) async throws(GatewayStartError) {
        guard case .engine(let engine) = self else { return }
        do throws(StoreError) {
            let bucket = StoreRequest.reservedBucket
            let found = try await client.send(StoreRequest(.head, bucket: bucket))
            guard !found.isSuccess else { return }
            let made = try await client.send(StoreRequest(.put, bucket: bucket))
            guard !made.isSuccess, made.status != 409 else { return }
            throw .answerInvalid("status \(made.status)")
        } catch {
            throw GatewayStartError(
                "the engine gives no bucket \(engine.reservedBucket) for records: \(error)",
                hint: "check backend.access_key_id and its secret; make the bucket, or name "
                    + "another in backend.reserved_bucket"
            )
        }
    }

    private func notAnswering(_ reason: String) -> GatewayStartError {
        switch self {
        case .engine(let engine):
            GatewayStartError(
                "the engine at \(engine.url.authority) gives no usable answer: \(reason)",
                hint: "check backend.url, backend.ca_file, backend.access_key_id and its secret"
            )
        case .socket:
            GatewayStartError(
                "the store doesn't answer",
                hint: "start sealgate-store, or check backend.socket"
            )
        }
    }
}
