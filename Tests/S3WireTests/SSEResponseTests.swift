import Encoding
import HTTPWire
import S3Wire
import Testing

@Suite struct SSEResponseTests {
    private func fields(
        _ stored: SSEResponse.Stored,
        _ answer: SSEResponse.Answer,
        _ compatibility: Compatibility = .rustfs
    ) -> HTTPFields {
        var fields = HTTPFields()
        SSEResponse(stored: stored, compatibility: compatibility, defaultKeyID: "default")
            .append(to: &fields, for: answer)
        return fields
    }

    @Test("SSE-S3 names the default key in one profile and none in the other")
    func sseS3() {
        for answer in [SSEResponse.Answer.write, .readOrPart] {
            #expect(
                fields(.sseS3, answer)
                    == HTTPFields([(SSEHeader.encryption, "AES256"), (SSEHeader.keyID, "default")])
            )
            #expect(
                fields(.sseS3, answer, .aws) == HTTPFields([(SSEHeader.encryption, "AES256")])
            )
        }
    }

    @Test("SSE-KMS shows the key, a bucket key only if used, the context only to writers")
    func sseKMS() {
        let stored = SSEResponse.Stored.sseKMS(
            keyID: "k",
            context: "{\"a\":\"b\"}",
            bucketKeyEnabled: true
        )
        #expect(
            fields(stored, .write)
                == HTTPFields([
                    (SSEHeader.encryption, "aws:kms"), (SSEHeader.keyID, "k"),
                    (SSEHeader.bucketKeyEnabled, "true"),
                    (SSEHeader.context, Base64.encode("{\"a\":\"b\"}".utf8)),
                ])
        )
        #expect(!fields(stored, .readOrPart).contains(SSEHeader.context))
        let plain = SSEResponse.Stored.sseKMS(keyID: "k", context: nil, bucketKeyEnabled: false)
        #expect(
            fields(plain, .write)
                == HTTPFields([(SSEHeader.encryption, "aws:kms"), (SSEHeader.keyID, "k")])
        )
    }

    @Test("SSE-C shows algorithm and MD5")
    func customer() {
        let names = SSEHeader.Customer.object
        #expect(
            fields(.customer(keyDigest: "m"), .readOrPart)
                == HTTPFields([(names.algorithm, "AES256"), (names.digest, "m")])
        )
        #expect(fields(.customer(keyDigest: nil), .readOrPart).isEmpty)
    }

    @Test("objects without encryption and other answers show nothing")
    func nothing() {
        for answer in SSEResponse.Answer.allCases { #expect(fields(.none, answer).isEmpty) }
        #expect(fields(.sseS3, .other).isEmpty)
        #expect(fields(.customer(keyDigest: "m"), .other).isEmpty)
    }
}
