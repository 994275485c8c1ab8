import Encoding
import HTTPWire
import KMS
import S3Wire
import Testing

@testable import Gateway

/// What is refused first where several things are wrong: docs/reference/s3-compatibility.md.
@Suite struct OrderOfChecksTests {
    /// One thing after the other that a write may be refused for, in S3's order.
    enum Fault: CaseIterable {
        case notSigned, bucketMissing, encryptionUnknown, headersTooLarge, keyUnknown
        case digestMalformed, conditionFailed

        var code: String {
            switch self {
            case .notSigned: "AccessDenied"
            case .bucketMissing: "NoSuchBucket"
            case .encryptionUnknown: "InvalidArgument"
            case .headersTooLarge: "MetadataTooLarge"
            case .keyUnknown: "NotFound"
            case .digestMalformed: "InvalidDigest"
            case .conditionFailed: "NoSuchKey"
            }
        }
    }

    @Test("a write with several faults is told the first of them", arguments: Fault.allCases)
    func writes(first: Fault) async throws {
        let gateway = try await LoopGateway(TestKeys())
        let index = try #require(Fault.allCases.firstIndex(of: first))
        var fields: [(String, String)] = [("expect", "100-continue")]
        var bucket = "demo"
        var isSigned = true
        for fault in Fault.allCases[index...] {
            switch fault {
            case .notSigned: isSigned = false
            case .bucketMissing: bucket = "missing"
            case .encryptionUnknown: fields.append(("x-amz-server-side-encryption", "AES512"))
            case .headersTooLarge:
                fields.append(("x-amz-meta-a", String(repeating: "a", count: 3000)))
            case .keyUnknown:
                guard first != .encryptionUnknown, index < 5 else { continue }
                if !fields.contains(where: { $0.0 == "x-amz-server-side-encryption" }) {
                    fields.append(("x-amz-server-side-encryption", "aws:kms"))
                }
                fields.append(("x-amz-server-side-encryption-aws-kms-key-id", "unknown"))
            case .digestMalformed: fields.append(("content-md5", "x"))
            case .conditionFailed: fields.append(("if-match", "\"x\""))
            }
        }
        let answer = try await gateway.send(
            .put,
            "/\(bucket)/key",
            fields,
            body: [1],
            isSigned: isSigned
        )
        #expect(answer.code == first.code, "\(answer.text)")
        #expect(answer.continueCount == 0)
        #expect(answer.misuses == [])
        #expect(try await gateway.storeLines().contains { $0.hasPrefix("PUT") } == false)
    }

    @Test("of an SSE-C object: absent, part, mode, key missing, key wrong, condition, range")
    func reads() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let fields = CustomerHeaders.fields(1)
        #expect(try await gateway.send(.put, "/demo/c", fields, body: [1, 2]).status == 200)
        let mode = ("x-amz-server-side-encryption", "AES256")
        let failing = [("if-match", "\"x\""), ("range", "bytes=9-")]
        let cases: [(String, [(String, String)], Int, String)] = [
            ("/demo/absent?partNumber=9", [mode] + failing, 404, "NoSuchKey"),
            ("/demo/c?partNumber=9", [], 416, "InvalidPartNumber"),
            ("/demo/c", [mode] + failing, 400, "InvalidArgument"),
            ("/demo/c", failing, 400, "InvalidRequest"),
            ("/demo/c", CustomerHeaders.fields(2) + failing, 403, "AccessDenied"),
            ("/demo/c", fields + failing, 412, "PreconditionFailed"),
            ("/demo/c", fields + [("range", "bytes=9-")], 416, "InvalidRange"),
        ]
        for (target, fields, status, code) in cases {
            let answer = try await gateway.send(.get, target, fields)
            #expect(answer.status == status)
            #expect(answer.code == code)
            let head = try await gateway.send(.head, target, fields)
            #expect(head.status == status)
            #expect(head.body == [])
        }
    }

    @Test("an object without a customer's key is not read with one")
    func keyNotApplicable() async throws {
        let gateway = try await LoopGateway(TestKeys())
        #expect(try await gateway.send(.put, "/demo/a", body: [1]).status == 200)
        let answer = try await gateway.send(.get, "/demo/a", CustomerHeaders.fields(1))
        #expect(answer.status == 400)
        #expect(answer.code == "InvalidRequest")
    }

    @Test("what attributes can refuse, and HEAD, need no KMS")
    func withoutKMS() async throws {
        let keys = try await TestKeys()
        let gateway = try await LoopGateway(keys)
        let mode = [("x-amz-server-side-encryption", "aws:kms")]
        let put = try await gateway.send(.put, "/demo/k", mode, body: [1, 2, 3])
        let etag = try #require(put.fields["etag"])
        keys.ring.clear()
        keys.provider.fail(with: .unreachable("down"))
        let read = try await gateway.send(.get, "/demo/k")
        #expect(read.status == 500)
        #expect(read.fields["retry-after"] != nil)
        #expect(try await gateway.send(.head, "/demo/k").status == 200)
        let unchanged = try await gateway.send(.get, "/demo/k", [("if-none-match", etag)])
        #expect(unchanged.status == 304)
        #expect(unchanged.fields["etag"] == etag)
        #expect(unchanged.fields["content-length"] == nil)
        #expect(unchanged.fields["x-amz-server-side-encryption"] == nil)
        let failed = try await gateway.send(.get, "/demo/k", [("if-match", "\"x\"")])
        #expect(failed.status == 412)
        #expect(try await gateway.send(.get, "/demo/k", [("range", "bytes=3-")]).status == 416)
        let listing = try await gateway.send(.get, "/demo?list-type=2")
        #expect(listing.status == 200)
        #expect(listing.text.contains("<Size>3</Size>"))
        keys.provider.fail(with: nil)
        #expect(try await gateway.send(.get, "/demo/k").body == [1, 2, 3])
    }

    @Test("SSE-C works without the KMS")
    func customerWithoutKMS() async throws {
        let keys = try await TestKeys()
        let gateway = try await LoopGateway(keys)
        keys.ring.stop()
        keys.provider.fail(with: .unreachable("down"))
        let fields = CustomerHeaders.fields(1)
        #expect(try await gateway.send(.put, "/demo/c", fields, body: [1, 2]).status == 200)
        #expect(try await gateway.send(.get, "/demo/c", fields).body == [1, 2])
    }

    @Test("a KMS key that may not be used is told by its own code, and is on record")
    func keyDisabled() async throws {
        let keys = try await TestKeys()
        let gateway = try await LoopGateway(keys)
        _ = try await keys.provider.create(KeyCreation(id: KeyID("other")))
        let mode = [
            ("x-amz-server-side-encryption", "aws:kms"),
            ("x-amz-server-side-encryption-aws-kms-key-id", "other"),
        ]
        #expect(try await gateway.send(.put, "/demo/k", mode, body: [1]).status == 200)
        keys.ring.clear()
        _ = try await keys.provider.change(KeyID("other"), .disable)
        let read = try await gateway.send(.get, "/demo/k")
        #expect(read.status == 400)
        #expect(read.code == "KMS.DisabledException")
        #expect(try keys.audited().contains("KMS.DisabledException"))
    }
}
