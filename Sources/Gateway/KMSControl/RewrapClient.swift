public import Daemon
import Encoding
import HTTPWire
import KMS
import NIOCore
import NIOPosix
import SecureTransport
import Transport

/// Begins a rewrap job at a gateway that runs, and follows it.
public final class RewrapClient: Sendable {
    /// What job is wanted, as `POST /kms/rewrap` takes it.
    public struct Job: Sendable {
        /// The members with texts.
        public var texts: [(name: String, value: String?)] = []
        /// Those that are true or false.
        public var flags: [(name: String, value: Bool)] = []
        /// Objects a second.
        public var rate: Int64?

        /// A job of all there is.
        public init() {}

        var json: JSONValue {
            var members = flags.map { JSONMember($0.name, .boolean($0.value)) }
            members += texts.compactMap { text in
                text.value.map { JSONMember(text.name, .string($0)) }
            }
            if let rate { members.append(JSONMember("rate", .integer(rate))) }
            return .object(members)
        }
    }

    /// How far a job is.
    public struct Progress: Sendable {
        /// Its id.
        public let id: String
        /// Whether it goes on.
        public let isRunning: Bool
        /// Whether it ended, and everything was wrapped as it is to be.
        public let isDone: Bool
        /// How much of it is done, 0 to 1.
        public let fraction: Double
        /// In words.
        public let text: String
        /// All of it as one JSON object.
        public let json: [UInt8]
    }

    private let group: MultiThreadedEventLoopGroup
    private let client: SigningKMSClient

    private init(_ group: MultiThreadedEventLoopGroup, _ client: SigningKMSClient) {
        self.group = group
        self.client = client
    }

    /// A client with the first credential of the settings that has admin rights.
    ///
    /// - Parameters:
    ///   - settings: the gateway's.
    ///   - address: its admin API, as `https://host:port`; from the settings for `nil`.
    ///   - authoritiesFile: what its certificate is checked against; the system's for `nil`.
    /// - Returns: the client; nothing was sent yet.
    /// - Throws: what is missing in the settings.
    public static func open(
        _ settings: Settings,
        address: String?,
        authoritiesFile: String?
    ) async throws(GatewayStartError) -> RewrapClient {
        let text = address ?? "https://\(settings[GatewaySettings.adminListen])"
        guard let url = BackendURL(text), url.isSecure else {
            throw GatewayStartError("\(text) is no address of an admin API", hint: "use https://")
        }
        let admin = settings[GatewaySettings.credentials].first { record in
            record[GatewaySettings.credentialAdmin]
        }
        guard let admin, let secret = admin[GatewaySettings.credentialSecret] else {
            throw GatewayStartError(
                "no credential of the settings has admin rights",
                hint: "add one with admin: true"
            )
        }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let base = try await KeyServices.client(
            url,
            TLSClientContext.Configuration(authoritiesFile: authoritiesFile),
            settings,
            on: group.next(),
            TransportMetrics()
        )
        let client = SigningKMSClient(
            base: base,
            source: .fixed(
                .init(
                    accessKeyID: admin[GatewaySettings.credentialAccessKey],
                    secret: KMSSecret(secret)
                )
            ),
            region: settings[GatewaySettings.regions].first ?? "us-east-1",
            service: "s3",
            clock: { SystemClock.now }
        )
        return RewrapClient(group, client)
    }

    /// Begins a job.
    ///
    /// - Throws: the gateway's refusal, or that it doesn't answer.
    public func begin(_ job: Job) async throws(GatewayStartError) -> Progress {
        try await send(KMSRequest(.post, "/kms/rewrap", body: job.json.encode()))
    }

    /// Asks how far a job is.
    ///
    /// - Throws: the gateway's refusal, or that it doesn't answer.
    public func find(_ job: String) async throws(GatewayStartError) -> Progress {
        try await send(KMSRequest(.get, "/kms/rewrap/\(PercentEncoding.encode(job))"))
    }

    /// Ends the connections.
    public func close() async { try? await group.shutdownGracefully() }

    private func send(_ request: KMSRequest) async throws(GatewayStartError) -> Progress {
        let reply: KMSReply
        do throws(KMSError) { reply = try await client.send(request) } catch {
            throw GatewayStartError(
                "the gateway's admin API can't be asked",
                hint: error.explanation
            )
        }
        let json = try? JSONValue(reading: reply.body)
        guard reply.status == 200, let json, let progress = Progress(json) else {
            throw GatewayStartError(
                "the gateway answers \(reply.status)",
                hint: json?["message"]?.string
            )
        }
        return progress
    }
}

extension RewrapClient.Progress {
    /// What an answer of the admin API says; `nil` for anything else.
    init?(_ answer: JSONValue) {
        guard let job = RewrapJob(answer) else { return nil }
        id = job.id
        isRunning = job.state == .running
        let failed = job.records.failed + job.objects.failed
        isDone = job.state == .completed && failed == 0
        let buckets = job.bucketCount > 0 ? Double(job.bucketsDone) / Double(job.bucketCount) : 0
        let part = job.objectsToo ? buckets : job.recordsDone ? 1 : 0
        fraction = isRunning ? min(max(part, 0), 1) : 1
        text =
            "records \(job.records.rewrapped), objects \(job.objects.rewrapped), "
            + "failed \(failed), uploads left \(job.uploadsLeft)"
        json = answer.encode()
    }
}
