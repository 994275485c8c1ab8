import Encoding
import HTTPWire
import KMS
import Synchronization
import Testing

@testable import Gateway

@Suite("A credential for a web identity's token")
struct WebIdentityTests {
    private final class Service: KMSTransport {
        let answer: KMSReply
        let asked = Mutex("")

        init(_ status: Int, _ body: String) {
            answer = KMSReply(status: status, body: Array(body.utf8))
        }

        func send(_ request: KMSRequest) async throws(KMSError) -> KMSReply {
            asked.withLock { $0 = String(decoding: request.body, as: UTF8.self) }
            return answer
        }
    }

    private func ask(_ service: Service) async throws(KMSError) -> AWSTemporaryCredential {
        try await WebIdentity(
            transport: service,
            roleARN: "arn:aws:iam::1:role/a b",
            sessionName: "gate",
            token: KMSSecret { () throws(KMSError) in Array("tok&en\n".utf8) }
        ).credential()
    }

    private static let good = """
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
        <AssumeRoleWithWebIdentityResult><Audience>x</Audience><AssumedRoleUser><Arn>a</Arn>
        </AssumedRoleUser><Credentials><SessionToken>t</SessionToken>
        <SecretAccessKey>s</SecretAccessKey><Expiration>2030-01-01T00:00:00Z</Expiration>
        <AccessKeyId>id</AccessKeyId></Credentials></AssumeRoleWithWebIdentityResult>
        <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
        </AssumeRoleWithWebIdentityResponse>
        """

    @Test("is asked for with the role, and read from the answer")
    func success() async throws {
        let service = Service(200, Self.good)
        #expect(try await ask(service).accessKeyID == "id")
        #expect(
            service.asked.withLock { $0 }
                == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15"
                + "&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b&RoleSessionName=gate"
                + "&WebIdentityToken=tok%26en"
        )
    }

    @Test(
        "is refused where the service refuses, and missing where it answers nonsense",
        arguments: [
            (
                400,
                "<ErrorResponse><Error><Code>ExpiredTokenException</Code></Error></ErrorResponse>",
                KMSError.accessDenied
            ),
            (403, "", .accessDenied),
            (
                400,
                "<ErrorResponse><Error><Code>IDPCommunicationError</Code></Error></ErrorResponse>",
                .unreachable("AWS STS can't reach the identity provider")
            ),
            (
                400, "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
                .overloaded
            ),
            (503, "", .unreachable("AWS STS answers 503")),
            (200, "", .unreachable("the answer holds no credential")),
            (200, "<A><B>", .unreachable("the answer holds no credential")),
            (
                200, "<A><Credentials><AccessKeyId>x</AccessKeyId></Credentials></A>",
                .unreachable("the answer holds no credential")
            ),
        ]
    )
    func failures(status: Int, body: String, error: KMSError) async {
        await #expect(throws: error) { try await ask(Service(status, body)) }
    }
}
