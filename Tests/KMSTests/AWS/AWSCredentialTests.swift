import Encoding
import HTTPWire
import Synchronization
import Testing

@testable import KMS

struct AWSCredentialTests {
    private let clock = ManualClock()

    private func credential(
        _ name: String,
        seconds: Int64
    ) throws -> AWSTemporaryCredential {
        let expires = Timestamp(milliseconds: clock.now.milliseconds + seconds * 1000)
        return try AWSTemporaryCredential(
            accessKeyID: name,
            secret: "hidden",
            token: "hidden-too",
            expires: expires.iso8601
        )
    }

    @Test("is fetched, used, fetched anew after two thirds of its life, and not used when over")
    func life() throws {
        var life = AWSCredentialLife()
        #expect(life.step(now: clock.now) == .fetch)
        _ = try life.beginFetch(insteadOf: nil, now: clock.now)
        let first = try credential("first", seconds: 900)
        try life.fetched(first, now: clock.now)
        clock.advance(seconds: 599)
        #expect(life.step(now: clock.now) == .use(first))
        #expect(life.expiresInSeconds(now: clock.now) == 301)
        clock.advance(seconds: 1)
        // Of two callers one refreshes; a second later another tries.
        #expect(life.step(now: clock.now) == .refresh(first))
        #expect(life.step(now: clock.now) == .use(first))
        clock.advance(seconds: 1)
        #expect(life.step(now: clock.now) == .refresh(first))
        clock.advance(seconds: 299)
        #expect(life.step(now: clock.now) == .fetch)
    }

    @Test("is fetched once a second at most, and who comes too soon is told why the last failed")
    func pauses() throws {
        var life = AWSCredentialLife()
        _ = try life.beginFetch(insteadOf: nil, now: clock.now)
        life.fetchFailed(.unreachable("x"))
        clock.advance(milliseconds: 999)
        #expect(throws: KMSError.unreachable("x")) {
            try life.beginFetch(insteadOf: nil, now: clock.now)
        }
        clock.advance(milliseconds: 1)
        _ = try life.beginFetch(insteadOf: nil, now: clock.now)
    }

    @Test("is taken from who fetched it meanwhile, not refused for that fetch's sake")
    func overtaken() throws {
        var life = AWSCredentialLife()
        #expect(try life.beginFetch(insteadOf: nil, now: clock.now) == nil)
        let first = try credential("first", seconds: 900)
        try life.fetched(first, now: clock.now)
        // Who found none before that, and comes to fetch one after.
        #expect(try life.beginFetch(insteadOf: nil, now: clock.now) == first)
        #expect(throws: KMSError.self) { try life.beginFetch(insteadOf: first, now: clock.now) }
        clock.advance(seconds: 600)
        #expect(try life.beginFetch(insteadOf: first, now: clock.now) == nil)
        let second = try credential("second", seconds: 900)
        try life.fetched(second, now: clock.now)
        #expect(try life.beginFetch(insteadOf: first, now: clock.now) == second)
        clock.advance(seconds: 900)
        #expect(try life.beginFetch(insteadOf: first, now: clock.now) == nil)
    }

    @Test("is no credential when it is over, incomplete, or no visible ASCII")
    func refusals() throws {
        var life = AWSCredentialLife()
        let over = try credential("over", seconds: 0)
        #expect(throws: KMSError.self) { try life.fetched(over, now: clock.now) }
        let good = (id: "a", secret: "b", token: "c", expires: "2030-01-01T00:00:00Z")
        for (id, secret, token, expires) in [
            (nil, good.secret, good.token, good.expires), (good.id, "", good.token, good.expires),
            (good.id, good.secret, "a\r\nb", good.expires), (good.id, good.secret, good.token, "x"),
        ] as [(String?, String, String, String)] {
            #expect(throws: KMSError.unreachable("the answer holds no credential")) {
                try AWSTemporaryCredential(
                    accessKeyID: id,
                    secret: secret,
                    token: token,
                    expires: expires
                )
            }
        }
        #expect(!"\(try credential("a", seconds: 1))".contains("hidden"))
    }

    @Test("is fetched once for all who need it, anew after a refusal, and kept through a failure")
    func keeper() async throws {
        let clock = clock
        let count = Mutex(0)
        let failure = Mutex<KMSError?>(nil)
        let keeper = AWSCredentialKeeper(now: { clock.now }) { () async throws(KMSError) in
            if let failure = failure.withLock({ $0 }) { throw failure }
            let number = count.withLock { count in
                count += 1
                return count
            }
            return try AWSTemporaryCredential(
                accessKeyID: "id-\(number)",
                secret: "s",
                token: "t",
                expires: Timestamp(milliseconds: clock.now.milliseconds + 900_000).iso8601
            )
        }
        let all = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<20 { group.addTask { try await keeper.credential().accessKeyID } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(all == ["id-1"])
        clock.advance(seconds: 2)
        keeper.refused(try await keeper.credential())
        #expect(try await keeper.credential().accessKeyID == "id-2")
        failure.withLock { $0 = .accessDenied }
        clock.advance(seconds: 700)
        #expect(try await keeper.credential().accessKeyID == "id-2")
        clock.advance(seconds: 201)
        await #expect(throws: KMSError.accessDenied) { try await keeper.credential() }
    }

    @Test("an instance's metadata is asked with a session's token, and its faults never trap")
    func metadata() async throws {
        let good =
            #"{"Code":"Success","AccessKeyId":"a","SecretAccessKey":"b","Token":"c","#
            + #""Expiration":"2030-01-01T00:00:00Z"}"#
        let service = Script([(200, "session"), (200, "role one"), (200, good)])
        #expect(try await InstanceMetadata(service).credential().accessKeyID == "a")
        #expect(
            service.requests == [
                "PUT /latest/api/token",
                "GET /latest/meta-data/iam/security-credentials/ session",
                "GET /latest/meta-data/iam/security-credentials/role%20one session",
            ]
        )
        for (answers, error) in [
            ([(403, "")], KMSError.accessDenied),
            ([(200, "session"), (404, "")], .misconfigured("the instance has no role")),
            ([(200, "session"), (200, "")], .misconfigured("the instance has no role")),
            ([(200, "a\r\nb")], .unreachable("the metadata service gives no token")),
            (
                [(200, "s"), (200, "r"), (200, #"{"Code":"Failed"}"#)],
                .unreachable("the metadata service gives no credential")
            ),
            ([(200, "s"), (500, "")], .unreachable("the metadata service answers 500")),
        ] {
            await #expect(throws: error) {
                try await InstanceMetadata(Script(answers)).credential()
            }
        }
    }
}

/// Answers in order, and what was asked.
private final class Script: KMSTransport {
    private let answers: Mutex<[(Int, String)]>
    private let asked = Mutex<[String]>([])

    init(_ answers: [(Int, String)]) { self.answers = Mutex(answers) }

    var requests: [String] { asked.withLock { $0 } }

    func send(_ request: KMSRequest) async throws(KMSError) -> KMSReply {
        let token = request.fields["x-aws-ec2-metadata-token"].map { " \($0)" } ?? ""
        asked.withLock { $0.append("\(request.method.name) \(request.target)\(token)") }
        guard let answer = answers.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) else {
            throw .timedOut
        }
        return KMSReply(status: answer.0, body: Array(answer.1.utf8))
    }
}
