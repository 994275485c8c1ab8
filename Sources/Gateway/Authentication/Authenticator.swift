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

    init(credentials: [Credential], regions: [String]) {
        self.credentials = Dictionary(
            credentials.map { ($0.accessKeyID, $0) },
            uniquingKeysWith: { first, _ in first }
        )
        verifier = SigV4Verifier(regions: regions)
    }

    /// The sender of a request that must have one.
    ///
    /// - Throws: as `senderIfSigned`; `AccessDenied` for an anonymous request.
    func sender(of head: HTTPRequestHead, now: Timestamp) throws(S3Error) -> Sender {
        guard let sender = try senderIfSigned(head, now: now) else { throw S3Error(.accessDenied) }
        return sender
    }

    /// The sender of a request, its body not looked at yet; `nil` for an anonymous request.
    ///
    /// - Throws: what S3 answers for the fault.
    func senderIfSigned(_ head: HTTPRequestHead, now: Timestamp) throws(S3Error) -> Sender? {
        guard let authorization = try described(by: head) else { return nil }
        let credential = try credential(authorization.accessKeyID, authorization.sessionToken)
        do throws(SigV4Error) {
            let identity = try credential.secret.withSpan { secret throws(SigV4Error) in
                try verifier.verify(authorization, head: head, secret: secret, now: now)
            }
            return Sender(credential: credential, identity: identity)
        } catch {
            throw S3Error(error)
        }
    }

    /// Who signed the policy among a form's fields, whose names are in lower case; `nil` for an
    /// anonymous form.
    ///
    /// - Throws: what S3 answers for the fault.
    func senderIfSigned(form fields: HTTPFields, now: Timestamp) throws(S3Error) -> Sender? {
        let form: SigV4Form?
        do throws(SigV4Error) { form = try SigV4Form.parse(fields) } catch {
            throw S3Error(error)
        }
        guard let form else { return nil }
        let credential = try credential(form.accessKeyID, form.sessionToken)
        do throws(SigV4Error) {
            let identity = try credential.secret.withSpan { secret throws(SigV4Error) in
                try verifier.verify(form, secret: secret, now: now)
            }
            return Sender(credential: credential, identity: identity)
        } catch {
            throw S3Error(error)
        }
    }

    /// The credential that a signature names.
    private func credential(
        _ accessKeyID: String,
        _ sessionToken: String?
    ) throws(S3Error) -> Credential {
        guard let credential = credentials[accessKeyID] else {
            throw S3Error(.invalidAccessKeyID, details: [.init("AWSAccessKeyId", accessKeyID)])
        }
        guard sessionToken == nil else { throw S3Error(.invalidToken) }
        return credential
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

    private func described(by head: HTTPRequestHead) throws(S3Error) -> SigV4Authorization? {
        do throws(SigV4Error) { return try SigV4Authorization.parse(head: head) } catch {
            throw S3Error(error)
        }
    }
}
