import Daemon
import KMS

/// The settings of AWS KMS and services that speak its protocol.
enum AWSKMSSettings {
    static let region = SettingKey.text(
        "kms.aws.region",
        default: "us-east-1",
        "Region that requests to AWS KMS are signed for."
    )
    static let endpoint = SettingKey.optionalText(
        "kms.aws.endpoint",
        "The service, as https://host; AWS's own in the region when left out."
    )
    static let caFile = SettingKey.optionalPath(
        "kms.aws.ca_file",
        "Authorities that the service's certificate is checked against; else the system's."
    )
    static let accessKeyID = SettingKey.optionalText(
        "kms.aws.access_key_id",
        "Access key id for AWS KMS."
    )
    static let secretKey = SettingKey.secret(
        "kms.aws.secret_access_key",
        "Secret access key for AWS KMS; its file is read anew for each request."
    )
    static let sessionToken = SettingKey.secret(
        "kms.aws.session_token",
        "Token of temporary credentials; its file is read anew for each request."
    )

    static let keys: [any SettingDeclaring] = [
        region, endpoint, caFile, accessKeyID, secretKey, sessionToken,
    ]

    /// Where the service is.
    ///
    /// - Throws: for anything but TLS to other machines.
    static func address(_ settings: Settings) throws(GatewayStartError) -> BackendURL {
        let text = settings[endpoint] ?? "https://kms.\(settings[region]).amazonaws.com"
        return try KeyServices.address(text, of: endpoint)
    }

    /// Whose signature requests carry.
    ///
    /// - Throws: what is missing, and the remedy.
    static func credential(
        _ settings: Settings
    ) throws(GatewayStartError) -> SigningKMSClient.Credential {
        guard let id = settings[accessKeyID], let secret = settings[secretKey] else {
            throw GatewayStartError(
                "kms.backend_type is aws without a credential",
                hint: "set kms.aws.access_key_id and kms.aws.secret_access_key_file"
            )
        }
        return SigningKMSClient.Credential(
            accessKeyID: id,
            secret: KMSSecret(secret),
            sessionToken: settings[sessionToken].map { KMSSecret($0) }
        )
    }
}
