import Daemon
import KMS
import NIOCore
import SecureTransport
import Transport

/// Builds the provider of AWS KMS from the settings.
enum AWSServices {
    private typealias Keys = AWSKMSSettings

    /// The provider; nothing was asked yet.
    ///
    /// - Throws: what is missing, and the remedy.
    static func provider(
        _ settings: Settings,
        on eventLoop: any EventLoop,
        _ metrics: TransportMetrics
    ) async throws(GatewayStartError) -> AWSKeyProvider {
        let url = try KeyServices.address(
            settings[Keys.endpoint] ?? "https://kms.\(settings[Keys.region]).amazonaws.com",
            of: Keys.endpoint
        )
        let source = try await source(settings, on: eventLoop, metrics)
        let client = SigningKMSClient(
            base: try await KeyServices.client(
                url,
                tls(settings),
                settings,
                on: eventLoop,
                metrics
            ),
            source: source,
            region: settings[Keys.region],
            clock: { SystemClock.now }
        )
        return AWSKeyProvider(
            region: client.region,
            endpoint: url.text,
            credentials: settings[Keys.credentials],
            client,
            tokenExpiresInSeconds: { source.expiresInSeconds },
            now: { SystemClock.now }
        )
    }

    private static func tls(_ settings: Settings) -> TLSClientContext.Configuration {
        .init(authoritiesFile: settings[Keys.caFile])
    }

    /// Whose signature requests carry.
    private static func source(
        _ settings: Settings,
        on eventLoop: any EventLoop,
        _ metrics: TransportMetrics
    ) async throws(GatewayStartError) -> SigningKMSClient.Source {
        switch settings[Keys.credentials] {
        case "instance_metadata":
            let url = try metadataAddress(settings)
            let service = InstanceMetadata(
                try await KeyServices.client(url, .init(), settings, on: eventLoop, metrics)
            )
            return kept { () async throws(KMSError) in try await service.credential() }
        case "web_identity":
            let url = try KeyServices.address(
                settings[Keys.stsEndpoint]
                    ?? "https://sts.\(settings[Keys.region]).amazonaws.com",
                of: Keys.stsEndpoint
            )
            guard let role = settings[Keys.roleARN] else {
                throw missing("role_arn", "the role's, as arn:aws:iam::123456789012:role/sealgate")
            }
            guard let file = settings[Keys.webIdentityTokenFile] else {
                throw missing("web_identity_token_file", "the file with the identity's token")
            }
            let service = WebIdentity(
                transport: try await KeyServices.client(
                    url,
                    tls(settings),
                    settings,
                    on: eventLoop,
                    metrics
                ),
                roleARN: role,
                sessionName: settings[Keys.roleSessionName],
                token: KMSSecret(file: file, isShared: true)
            )
            return kept { () async throws(KMSError) in try await service.credential() }
        default: return .fixed(try fixed(settings))
        }
    }

    /// A credential that is fetched anew in time.
    private static func kept(
        _ fetch: @escaping @Sendable () async throws(KMSError) -> AWSTemporaryCredential
    ) -> SigningKMSClient.Source {
        .kept(AWSCredentialKeeper(now: { SystemClock.now }, fetch: fetch))
    }

    private static func fixed(
        _ settings: Settings
    ) throws(GatewayStartError) -> SigningKMSClient.Credential {
        guard let id = settings[Keys.accessKeyID], let secret = settings[Keys.secretKey] else {
            throw GatewayStartError(
                "kms.backend_type is aws without a credential",
                hint: "set kms.aws.access_key_id and kms.aws.secret_access_key_file, "
                    + "or kms.aws.credentials"
            )
        }
        return SigningKMSClient.Credential(
            accessKeyID: id,
            secret: KMSSecret(secret),
            sessionToken: settings[Keys.sessionToken].map { KMSSecret($0) }
        )
    }

    /// The metadata service speaks no TLS, and is reached inside the instance alone.
    private static func metadataAddress(
        _ settings: Settings
    ) throws(GatewayStartError) -> BackendURL {
        let text = settings[Keys.metadataEndpoint]
        guard let url = BackendURL(text),
            url.isLoopback || ["169.254.169.254", "fd00:ec2::254"].contains(url.host)
        else {
            throw GatewayStartError(
                "kms.aws.metadata_endpoint: \(text) is no address of an instance's own metadata",
                hint: "use http://169.254.169.254 or http://[fd00:ec2::254]"
            )
        }
        return url
    }

    private static func missing(_ name: String, _ what: String) -> GatewayStartError {
        GatewayStartError("kms.aws.\(name) is missing", hint: "set it to \(what)")
    }
}
