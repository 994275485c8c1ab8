import Encoding
import HTTPWire
import Policy
import S3Wire
import SigV4
import Transport

/// What conditions may look at, from a request's head: as it was sent, before anything of it is
/// found right or wrong.
enum PolicyContext {
    private static let headers: [(PolicyKey, String)] = [
        (.acl, "x-amz-acl"), (.contentSHA256, "x-amz-content-sha256"),
        (.customerAlgorithm, "x-amz-server-side-encryption-customer-algorithm"),
        (.encryption, "x-amz-server-side-encryption"),
        (.encryptionKeyID, "x-amz-server-side-encryption-aws-kms-key-id"),
        (.ifMatch, "if-match"), (.ifNoneMatch, "if-none-match"),
        (.metadataDirective, "x-amz-metadata-directive"),
        (.redirectLocation, "x-amz-website-redirect-location"), (.referer, "referer"),
        (.storageClass, "x-amz-storage-class"), (.userAgent, "user-agent"),
    ]

    private static let parameters: [(PolicyKey, String)] = [
        (.delimiter, "delimiter"), (.maxKeys, "max-keys"), (.prefix, "prefix"),
        (.versionID, "versionId"),
    ]

    static func of(_ scope: RequestScope) -> [PolicyKey: String] {
        var values: [PolicyKey: String] = [:]
        let fields = scope.head.fields
        for (key, name) in headers where fields.contains(name) {
            values[key] = fields.values(of: name).joined(separator: ",")
        }
        if let query = scope.target?.query {
            for (key, name) in parameters { values[key] = query[name] }
        }
        if fields.contains("x-amz-copy-source"), let source = try? CopySource(fields) {
            values[.copySource] = "\(source.bucket)/\(source.key)"
        }
        values.merge(of(scope.sender, scope.exchange.peer, now: scope.beganAt)) { $1 }
        return values
    }

    /// What conditions may look at of a sender and its connection.
    static func of(
        _ sender: Authenticator.Sender?,
        _ peer: PeerInfo,
        now: Timestamp
    ) -> [PolicyKey: String] {
        var values: [PolicyKey: String] = [:]
        addSender(sender, now, &values)
        values[.sourceAddress] = peer.address
        values[.secureTransport] = peer.isSecure ? "true" : "false"
        if let version = peer.tlsVersion, version.hasPrefix("TLSv") {
            values[.tlsVersion] = String(version.dropFirst(4))
        }
        values[.currentTime] = now.iso8601
        values[.epochTime] = String(now.seconds)
        return values
    }

    private static func addSender(
        _ sender: Authenticator.Sender?,
        _ now: Timestamp,
        _ values: inout [PolicyKey: String]
    ) {
        guard let sender else {
            values[.principalType] = "Anonymous"
            return
        }
        values[.principalType] = "User"
        values[.userID] = sender.credential.id
        values[.userName] = sender.credential.id
        values[.principalARN] = "arn:aws:iam:::user/\(sender.credential.id)"
        values[.signatureVersion] = sender.identity.isVersion4 ? "AWS4-HMAC-SHA256" : "AWS"
        if let signedAt = sender.identity.signedAt {
            let age = now.milliseconds &- signedAt.milliseconds
            values[.signatureAge] = String(max(0, age))
        }
        switch sender.identity.placement {
        case .form: values[.authType] = "POST"
        case .header: values[.authType] = "REST-HEADER"
        case .query: values[.authType] = "REST-QUERY-STRING"
        }
    }
}
