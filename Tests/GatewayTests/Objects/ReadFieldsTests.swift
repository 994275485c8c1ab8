import HTTPWire
import Testing

@testable import Gateway

@Suite struct ReadFieldsTests {
    @Test(
        "a read's answer depends on these fields",
        arguments: [
            "range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since",
            "x-amz-checksum-mode", "x-amz-server-side-encryption",
            "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-context",
            "x-amz-server-side-encryption-customer-algorithm",
            "x-amz-server-side-encryption-customer-key",
            "x-amz-server-side-encryption-customer-key-md5",
        ]
    )
    func areAny(name: String) {
        #expect(ReadFields.areAny(in: HTTPFields([("host", "h"), (name, "")])))
    }

    @Test("and on no others of a usual request")
    func usual() {
        let fields = HTTPFields(
            [
                "host", "user-agent", "accept", "accept-encoding", "authorization", "x-amz-date",
                "x-amz-content-sha256", "amz-sdk-request", "content-length", "x-amz-user-agent",
            ]
            .map { ($0, "1") }
        )
        #expect(!ReadFields.areAny(in: fields))
        #expect(!ReadFields.areAny(in: HTTPFields()))
    }
}
