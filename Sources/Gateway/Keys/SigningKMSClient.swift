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

    /// Where the signature's credential comes from.
    enum Source: Sendable {
        /// The settings.
        case fixed(Credential)
        /// A service that gives it for a time.
        case kept(AWSCredentialKeeper)

        /// Seconds until the credential ends; `nil` for one that doesn't.
        var expiresInSeconds: Int64? {
            if case .kept(let keeper) = self { keeper.expiresInSeconds } else { nil }
        }
    }

    let base: RemoteKMSClient
    let source: Source
    let region: String
    var service = "kms"
    let clock: @Sendable () -> Timestamp

    func retire() { base.retire() }

    func send(_ request: KMSRequest) async throws(KMSError) -> KMSReply {
        switch source {
        case .fixed(let credential): return try await send(request, credential)
        case .kept(let keeper):
            let held = try await keeper.credential()
            let reply = try await send(request, Credential(held))
            guard reply.isOfDeadCredential else { return reply }
            keeper.refused(held)
            let next = try await keeper.credential()
            return try await send(request, Credential(next))
        }
    }

    private func send(
        _ request: KMSRequest,
        _ credential: Credential
    ) async throws(KMSError) -> KMSReply {
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

extension SigningKMSClient.Credential {
    /// A temporary credential.
    init(_ temporary: AWSTemporaryCredential) {
        accessKeyID = temporary.accessKeyID
        secret = KMSSecret { () throws(KMSError) in Array(temporary.secret.utf8) }
        sessionToken = KMSSecret { () throws(KMSError) in Array(temporary.token.utf8) }
    }
}

extension KMSReply {
    /// Whether AWS refused the credential itself: its session ended, or was revoked.
    fileprivate var isOfDeadCredential: Bool {
        guard (400..<404).contains(status) else { return false }
        let type = (try? JSONValue(reading: body))?["__type"]?.string ?? ""
        return ["ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId"]
            .contains { type.hasSuffix($0) }
    }
}
