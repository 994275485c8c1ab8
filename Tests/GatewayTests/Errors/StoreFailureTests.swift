import HTTPWire
import S3Wire
import Testing
import Transport

@testable import Gateway

@Suite struct StoreFailureTests {
    private func reply(_ status: Int, _ code: String? = nil) -> StoreReply {
        let body = code.map { "<Error><Code>\($0)</Code><Message>m</Message></Error>" } ?? ""
        return StoreReply(status: status, fields: HTTPFields(), body: Array(body.utf8))
    }

    private func code(_ reply: StoreReply, key: String? = "k") -> S3ErrorCode {
        StoreFailure.reply(reply, .init(bucket: "b", key: key)).code
    }

    @Test("codes that mean the same to clients are passed on, others aren't")
    func codes() {
        for name in ["NoSuchKey", "NoSuchBucket", "NoSuchUpload", "InvalidPart", "BucketNotEmpty"] {
            #expect(code(reply(404, name)).rawValue == name)
        }
        for name in ["InvalidArgument", "IncompleteBody", "AccessDenied", "Unknown"] {
            #expect(code(reply(400, name)) == .internalError)
        }
        // A refusal that comes with a status of success is none.
        #expect(code(reply(200, "NoSuchKey")) == .internalError)
    }

    @Test("a status without a document says what is certain")
    func statuses() {
        #expect(code(reply(404)) == .noSuchKey)
        #expect(code(reply(404), key: nil) == .noSuchBucket)
        #expect(code(reply(412)) == .preconditionFailed)
        for status in [200, 301, 400, 403, 416, 500, 501] {
            #expect(code(reply(status)) == .internalError)
            #expect(StoreFailure.read(status).code == .internalError)
        }
    }

    @Test(
        "a store that is full or stopping is told with the time to come back",
        arguments: [503, 507]
    )
    func busy(status: Int) {
        for error in [
            StoreFailure.reply(reply(status, "X"), .init(bucket: "b")), StoreFailure.read(status),
        ] {
            #expect(error.code == .serviceUnavailable)
            #expect(error.status == 503)
            #expect(error.fields["retry-after"] != nil)
        }
    }

    @Test("why a store takes no writes is told, in the gateway's words")
    func causes() {
        func told(_ status: Int, _ code: String) -> S3Error {
            StoreFailure.reply(reply(status, code), .init(bucket: "b"))
        }
        #expect(told(503, "ReadOnlyStorage").code == .serviceUnavailable)
        #expect(told(503, "ReadOnlyStorage").message.contains("read-only"))
        #expect(told(503, "ReadOnlyStorage").fields["retry-after"] != nil)
        #expect(told(507, "InsufficientStorage").message.contains("no room"))
        #expect(told(503, "SlowDown").code == .slowDown)
        #expect(told(503, "SlowDown").fields["retry-after"] != nil)
    }

    @Test(
        "an exchange that failed is 503",
        arguments: [
            (HTTPClientError.queueFull, S3ErrorCode.slowDown),
            (.connectionClosed, .serviceUnavailable), (.connectFailed("x"), .serviceUnavailable),
            (.peerNotTrusted("x"), .serviceUnavailable), (.responseInvalid, .serviceUnavailable),
            (.timedOut, .serviceUnavailable),
        ]
    )
    func unreachable(error: HTTPClientError, code: S3ErrorCode) {
        let answer = StoreFailure.answer(.unreachable(error))
        #expect(answer.code == code)
        #expect(answer.status == 503)
        #expect(answer.fields["retry-after"] != nil)
    }

    @Test("an answer outside of the dialect is the gateway's own failure")
    func nonsense() {
        #expect(StoreFailure.answer(.answerInvalid("x")).code == .internalError)
        #expect(StoreFailure.answer(.answerTooLarge).code == .internalError)
    }
}
