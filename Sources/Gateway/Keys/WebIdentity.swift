import Encoding
import HTTPWire
import KMS
import S3Wire

/// The credential of a role that AWS gives for another identity provider's token, as Kubernetes'.
///
/// Source: AWS STS API Reference, AssumeRoleWithWebIdentity; the request isn't signed.
struct WebIdentity: Sendable {
    let transport: any KMSTransport
    let roleARN: String
    let sessionName: String
    /// The token, read anew for each request: whoever renews it writes its file.
    let token: KMSSecret

    /// A new credential.
    ///
    /// - Throws: `.accessDenied` where role or token is refused, and what the transport throws.
    func credential() async throws(KMSError) -> AWSTemporaryCredential {
        var token = try token.read()
        while let last = token.last, last <= 0x20 { token.removeLast() }
        guard !token.isEmpty else { throw .misconfigured("the web identity token is empty") }
        let pairs = [
            ("Action", "AssumeRoleWithWebIdentity"), ("Version", "2011-06-15"),
            ("RoleArn", roleARN), ("RoleSessionName", sessionName),
            ("WebIdentityToken", String(decoding: token, as: UTF8.self)),
        ]
        let body = PercentEncoding.encode(pairs: pairs)
        let fields = HTTPFields([("content-type", "application/x-www-form-urlencoded")])
        let reply = try await transport.send(
            KMSRequest(.post, "/", fields: fields, body: Array(body.utf8))
        )
        let answer = try? Answer(xml: reply.body)
        guard reply.status == 200 else { throw Self.failure(reply.status, answer?["Code"]) }
        return try AWSTemporaryCredential(
            accessKeyID: answer?["AccessKeyId"],
            secret: answer?["SecretAccessKey"],
            token: answer?["SessionToken"],
            expires: answer?["Expiration"]
        )
    }

    private static func failure(_ status: Int, _ code: String?) -> KMSError {
        switch code {
        case "IDPCommunicationError": .unreachable("AWS STS can't reach the identity provider")
        case "Throttling", "ThrottlingException": .overloaded
        default: status >= 500 ? .unreachable("AWS STS answers \(status)") : .accessDenied
        }
    }

    /// The elements of an answer that hold text, wherever they stand.
    private struct Answer: XMLReadable {
        private static let holders: Set<String> = [
            "AssumeRoleWithWebIdentityResult", "Credentials", "Error",
        ]
        private static let wanted: Set<String> = [
            "AccessKeyId", "Code", "Expiration", "SecretAccessKey", "SessionToken",
        ]

        private var texts: [String: String] = [:]

        subscript(name: String) -> String? { texts[name] }

        init(from reader: inout XMLReader) throws(XMLError) {
            _ = try reader.root()
            try read(&reader)
        }

        private mutating func read(_ reader: inout XMLReader) throws(XMLError) {
            while let name = try reader.child() {
                if Self.holders.contains(name) {
                    try read(&reader)
                } else if Self.wanted.contains(name) {
                    texts[name] = try reader.text()
                } else {
                    try reader.skip()
                }
            }
        }
    }
}
