import Encoding
import HTTPWire
import S3Wire
import SigV4
import Testing

@testable import Gateway

@Suite struct AuthenticatorTests {
    private let authenticator: Authenticator

    init() async throws {
        let services = try await TestKeys().services
        authenticator = Authenticator(credentials: services.credentials, regions: ["us-east-1"])
    }

    private func head(_ fields: [(String, String)] = []) throws -> HTTPRequestHead {
        var head = HTTPRequestHead(
            method: .get,
            target: "/b/k",
            authority: "h",
            fields: HTTPFields(fields)
        )
        try TestKeys.signer().sign(&head, payload: .unsigned, now: TestKeys.now)
        return head
    }

    private func refusal(_ head: HTTPRequestHead, now: Timestamp = TestKeys.now) -> S3ErrorCode? {
        do throws(S3Error) {
            _ = try authenticator.sender(of: head, now: now)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a signed request is its credential's")
    func sender() throws {
        let sender = try authenticator.sender(of: head(), now: TestKeys.now)
        #expect(sender.credential.id == "owner")
    }

    @Test("nobody, strangers, changed requests, late ones and tokens are refused")
    func refusals() throws {
        var anonymous = try head()
        anonymous.fields.removeAll("authorization")
        #expect(refusal(anonymous) == .accessDenied)
        var stranger = try head()
        let authorization = try require(stranger.fields["authorization"])
        stranger.fields.set("authorization", authorization.replacing("AKTEST", with: "AKOTHER"))
        #expect(refusal(stranger) == .invalidAccessKeyID)
        var changed = try head()
        changed.target = "/b/other"
        #expect(refusal(changed) == .signatureDoesNotMatch)
        #expect(
            refusal(try head(), now: Timestamp(seconds: 1_700_001_000)) == .requestTimeTooSkewed
        )
        #expect(refusal(try head([("x-amz-security-token", "t")])) == .invalidToken)
    }

    @Test("a header of SSE that wasn't signed is refused")
    func unsigned() throws {
        var head = try head()
        head.fields.append("x-amz-server-side-encryption", "AES256")
        #expect(refusal(head) == .accessDenied)
    }
}
