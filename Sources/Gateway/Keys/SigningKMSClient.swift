import Crypto
import Encoding
import HTTPWire
import KMS
import SigV4

/// The way to AWS KMS, or to a gateway's admin API: requests are signed by Signature Version 4.
struct SigningKMSClient: KMSTransport {
    /// Whose signature, read anew for each request.
    struct Credential: Sendable {
        var accessKeyID: String
        var secret: KMSSecret
        var sessionToken: KMSSecret?
    }

    let base: RemoteKMSClient
    let credential: Credential
    let region: String
    var service = "kms"
    let clock: @Sendable () -> Timestamp

    func retire() { base.retire() }

    func send(_ request: KMSRequest) async throws(KMSError) -> KMSReply {
        var head = HTTPRequestHead(
            method: request.method,
            target: request.target,
            authority: base.authority,
            fields: request.fields
        )
        var secret = try credential.secret.read()
        defer { ConstantTime.wipe(&secret) }
        let token = try credential.sessionToken?.read()
        do {
            let signer = SigV4Signer(
                accessKeyID: credential.accessKeyID,
                secret: try SecretBytes(copying: secret.span),
                region: region,
                service: service,
                sessionToken: token.map { String(decoding: $0, as: UTF8.self) }
            )
            let digest = HashFunction.sha256.digest(request.body)
            try signer.sign(&head, payload: .sha256(digest), now: clock())
        } catch {
            throw .cryptographyFailed
        }
        var signed = request
        signed.fields = head.fields
        return try await base.send(signed)
    }
}
