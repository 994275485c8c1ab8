import Crypto
import Encoding
import HTTPWire
import S3Wire
import SigV4

/// Finds out who sent a request; one for each event loop, since it keeps derived keys and buffers.
final class Authenticator {
    /// A request's sender, proven by its signature.
    struct Sender {
        var credential: Credential
        var identity: SigV4Identity
    }

    private let credentials: [String: Credential]
    private let verifier: SigV4Verifier
    private let takesVersion2: Bool

    init(credentials: [Credential], regions: [String], takesVersion2: Bool = false) {
        self.takesVersion2 = takesVersion2
        self.credentials = Dictionary(
            credentials.map { ($0.accessKeyID, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        verifier = SigV4Verifier(regions: regions)
    }

    /// The sender of a request that must have one, by a signature of version 4: of the admin API.
    ///
    /// - Throws: as `senderIfSigned`; `AccessDenied` for an anonymous request, `InvalidRequest` for
    ///   a signature of version 2, taken elsewhere or not.
    func sender(of head: HTTPRequestHead, now: Timestamp) throws(S3Error) -> Sender {
        guard let sender = try senderIfSigned(head, now: now) else { throw S3Error(.accessDenied) }
        guard sender.identity.isVersion4 else {
            throw S3Error(SigV4Error.signatureVersion2Unsupported)
        }
        return sender
    }

    /// The sender of a request, its body not looked at yet; `nil` for an anonymous request.
    ///
    /// - Parameters:
    ///   - head: the head as received.
    ///   - hostBucket: the bucket that the host names, `nil` where the path does.
    ///   - now: the time of arrival.
    /// - Returns: the sender, proven.
    /// - Throws: what S3 answers for the fault.
    func senderIfSigned(
        _ head: HTTPRequestHead,
        hostBucket: String? = nil,
        now: Timestamp
    ) throws(S3Error) -> Sender? {
        let authorization: SigV4Authorization?
        do throws(SigV4Error) { authorization = try SigV4Authorization.parse(head: head) } catch {
            return try sender(error, hostBucket, now) { () throws(SigV4Error) in
                try SignatureV2(head: head)
            }
        }
        guard let authorization else { return nil }
        return try sender(authorization.accessKeyID, authorization.sessionToken) {
            secret throws(SigV4Error) in
            try verifier.verify(authorization, head: head, secret: secret, now: now)
        }
    }

    /// Who signed the policy among a form's fields, whose names are in lower case; `nil` for an
    /// anonymous form.
    ///
    /// - Throws: what S3 answers for the fault.
    func senderIfSigned(form fields: HTTPFields, now: Timestamp) throws(S3Error) -> Sender? {
        let form: SigV4Form?
        do throws(SigV4Error) { form = try SigV4Form.parse(fields) } catch {
            return try sender(error, nil, now) { () throws(SigV4Error) in
                try SignatureV2(form: fields)
            }
        }
        guard let form else { return nil }
        return try sender(form.accessKeyID, form.sessionToken) { secret throws(SigV4Error) in
            try verifier.verify(form, secret: secret, now: now)
        }
    }

    /// The sender where what was wrong is that the signature is of version 2, and it may be.
    private func sender(
        _ fault: SigV4Error,
        _ hostBucket: String?,
        _ now: Timestamp,
        _ read: () throws(SigV4Error) -> SignatureV2
    ) throws(S3Error) -> Sender {
        guard fault == .signatureVersion2Unsupported, takesVersion2 else { throw S3Error(fault) }
        let found: SignatureV2
        do throws(SigV4Error) { found = try read() } catch { throw S3Error(error) }
        return try sender(found.accessKeyID, found.sessionToken) { secret throws(SigV4Error) in
            try found.verify(secret: secret, hostBucket: hostBucket, now: now)
        }
    }

    /// The sender by the credential that a signature names, once it is verified.
    private func sender(
        _ accessKeyID: String,
        _ sessionToken: String?,
        _ verify: (Span<UInt8>) throws(SigV4Error) -> SigV4Identity
    ) throws(S3Error) -> Sender {
        guard let credential = credentials[accessKeyID] else {
            throw S3Error(.invalidAccessKeyID, details: [.init("AWSAccessKeyId", accessKeyID)])
        }
        guard sessionToken == nil else { throw S3Error(.invalidToken) }
        do throws(SigV4Error) {
            let identity = try credential.secret.withSpan { secret throws(SigV4Error) in
                try verify(secret)
            }
            return Sender(credential: credential, identity: identity)
        } catch {
            throw S3Error(error)
        }
    }

    /// Verifies the chunk signatures of a sender's body.
    func chunkVerifier(for sender: Sender) throws(S3Error) -> ChunkSignatureVerifier {
        do throws(SigV4Error) {
            return try sender.credential.secret.withSpan { secret throws(SigV4Error) in
                try verifier.chunkVerifier(for: sender.identity, secret: secret)
            }
        } catch {
            throw S3Error(error)
        }
    }
}
