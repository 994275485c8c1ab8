internal import Encoding
internal import HTTPWire

/// The credential of the role of an EC2 instance, by version 2 of its metadata service.
///
/// Source: Amazon EC2 User Guide, "Use IMDSv2" and "Retrieve security credentials from instance
/// metadata". Version 1, which any request that can be forged reaches, isn't asked.
public struct InstanceMetadata: Sendable {
    private static let role = "/latest/meta-data/iam/security-credentials/"

    private let transport: any KMSTransport

    /// The service that a transport leads to.
    public init(_ transport: any KMSTransport) { self.transport = transport }

    /// The credential as it is now.
    ///
    /// - Throws: `.misconfigured` for an instance without a role, and what the transport throws.
    public func credential() async throws(KMSError) -> AWSTemporaryCredential {
        let lifetime = ("x-aws-ec2-metadata-token-ttl-seconds", "60")
        let session = try await text(.put, "/latest/api/token", lifetime)
        let token = ("x-aws-ec2-metadata-token", session)
        let names = try await text(.get, Self.role, token)
        guard let name = names.split(separator: "\n").first else {
            throw .misconfigured("the instance has no role")
        }
        let body = try await text(.get, Self.role + PercentEncoding.encode(String(name)), token)
        guard let document = try? JSONValue(reading: Array(body.utf8)),
            document["Code"]?.string == "Success"
        else { throw .unreachable("the metadata service gives no credential") }
        return try AWSTemporaryCredential(
            accessKeyID: document["AccessKeyId"]?.string,
            secret: document["SecretAccessKey"]?.string,
            token: document["Token"]?.string,
            expires: document["Expiration"]?.string
        )
    }

    private func text(
        _ method: HTTPMethod,
        _ target: String,
        _ field: (String, String)
    ) async throws(KMSError) -> String {
        guard field.1.utf8Span.span.isVisible else {
            throw .unreachable("the metadata service gives no token")
        }
        let request = KMSRequest(method, target, fields: HTTPFields([field]))
        let reply = try await transport.send(request)
        switch reply.status {
        case 200:
            guard let text = String(utf8: reply.body) else {
                throw .unreachable("the metadata service answers no text")
            }
            return text
        case 404: throw .misconfigured("the instance has no role")
        case 400..<500: throw .accessDenied
        default: throw .unreachable("the metadata service answers \(reply.status)")
        }
    }
}
