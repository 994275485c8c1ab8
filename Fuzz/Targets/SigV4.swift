import Encoding
import HTTPWire
import SigV4

/// Signatures in headers and queries of requests that the parser let through.
@Sendable
func fuzzSigV4(_ input: inout FuzzInput) {
    let bytes = input.rest()
    var parser = HTTP1RequestParser()
    guard let step = try? parser.next(bytes.span), case .head(let head) = step.event,
        let authorization = try? SigV4Authorization.parse(head: head)
    else { return }
    precondition((1...128).contains(authorization.accessKeyID.utf8.count))
    let secret = Array("botocore/example+secret/0123456789abcdef".utf8)
    let verifier = SigV4Verifier(regions: [], service: authorization.scope.service)
    guard
        let identity = try? verifier.verify(
            authorization,
            head: head,
            secret: secret.span,
            now: authorization.time
        )
    else { return }
    precondition(identity.accessKeyID == authorization.accessKeyID)
    _ = try? verifier.chunkVerifier(for: identity, secret: secret.span)
}
