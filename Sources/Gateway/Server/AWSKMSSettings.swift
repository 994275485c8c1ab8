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

    static let credentials = SettingKey.choice(
        "kms.aws.credentials",
        of: ["static", "web_identity", "instance_metadata"],
        default: "static",
        "Where the credential comes from; the last two are temporary and renewed in time."
    )
    static let roleARN = SettingKey.optionalText(
        "kms.aws.role_arn",
        "Role that web_identity takes on, as arn:aws:iam::123456789012:role/sealgate."
    )
    static let roleSessionName = SettingKey.text(
        "kms.aws.role_session_name",
        default: "sealgate",
        "Name of web_identity's sessions, as CloudTrail shows it."
    )
    static let webIdentityTokenFile = SettingKey.optionalPath(
        "kms.aws.web_identity_token_file",
        "File of the token that web_identity shows; read anew for each session."
    )
    static let stsEndpoint = SettingKey.optionalText(
        "kms.aws.sts_endpoint",
        "The service that gives web_identity's sessions; AWS's own in the region when left out."
    )
    static let metadataEndpoint = SettingKey.text(
        "kms.aws.metadata_endpoint",
        default: "http://169.254.169.254",
        "The instance's own metadata service, version 2."
    )

    static let keys: [any SettingDeclaring] = [
        region, endpoint, caFile, accessKeyID, secretKey, sessionToken, credentials, roleARN,
        roleSessionName, webIdentityTokenFile, stsEndpoint, metadataEndpoint,
    ]
}
