import Crypto
import Encoding
import HTTPWire
import S3Wire
import Testing

@testable import Gateway

@Suite struct MultipartTests {
    private static let partBytes = 5 << 20

    private func begin(
        _ gateway: LoopGateway,
        _ fields: [(String, String)] = [],
        key: String = "m"
    ) async throws -> String {
        let answer = try await gateway.send(.post, "/demo/\(key)?uploads", fields)
        #expect(answer.status == 200, "\(answer.text)")
        return try InitiatedUpload(xml: answer.body).uploadID
    }

    private func part(_ number: Int, _ count: Int) -> [UInt8] {
        [UInt8](repeating: UInt8(number), count: count)
    }

    private func upload(
        _ gateway: LoopGateway,
        _ id: String,
        _ number: Int,
        _ body: [UInt8],
        _ fields: [(String, String)] = []
    ) async throws -> CompletionRequest.Part {
        let target = "/demo/m?partNumber=\(number)&uploadId=\(id)"
        let answer = try await gateway.send(.put, target, fields, body: body)
        #expect(answer.status == 200, "\(answer.text)")
        return .init(
            partNumber: number,
            entityTag: EntityTag.unquoted(try #require(answer.fields["etag"]))
        )
    }

    private func complete(
        _ gateway: LoopGateway,
        _ id: String,
        _ parts: [CompletionRequest.Part],
        _ fields: [(String, String)] = []
    ) async throws -> LoopGateway.Answer {
        try await gateway.send(
            .post,
            "/demo/m?uploadId=\(id)",
            fields,
            body: CompletionRequest(parts: parts).xml
        )
    }

    @Test(
        "parts in any order, sent again and left out become the object, in every mode",
        arguments: ["sse-s3", "sse-kms", "bucket key", "sse-c"]
    )
    func whole(mode: String) async throws {
        let gateway = try await LoopGateway(TestKeys())
        let kms = [("x-amz-server-side-encryption", "aws:kms")]
        let bucketKey = [("x-amz-server-side-encryption-bucket-key-enabled", "true")]
        let customer = mode == "sse-c" ? CustomerHeaders.fields(9) : []
        let create: [(String, String)] =
            switch mode {
            case "sse-kms": kms
            case "bucket key": kms + bucketKey
            default: customer
            }
        let id = try await begin(gateway, create)
        let third = try await upload(gateway, id, 7, part(7, 100), customer)
        _ = try await upload(gateway, id, 2, part(9, 200), customer)
        let second = try await upload(gateway, id, 2, part(2, Self.partBytes), customer)
        _ = try await upload(gateway, id, 5, part(5, 10), customer)
        let done = try await complete(gateway, id, [second, third], customer)
        #expect(done.status == 200, "\(done.text)")
        let etag = try CompletedUpload(xml: done.body).entityTag
        #expect(etag.hasSuffix("-2"))
        let read = try await gateway.send(.get, "/demo/m", customer)
        #expect(read.body == part(2, Self.partBytes) + part(7, 100))
        #expect(read.fields["etag"] == "\"\(etag)\"")
        let last = try await gateway.send(.get, "/demo/m?partNumber=7", customer)
        #expect(last.status == 206)
        #expect(last.fields["x-amz-mp-parts-count"] == "2")
        #expect(last.body == part(7, 100))
        let head = try await gateway.send(.head, "/demo/m", customer)
        #expect(head.fields["content-length"] == String(Self.partBytes + 100))
        #expect(try await gateway.send(.get, "/demo/m?partNumber=3", customer).status == 416)
        let listing = try await gateway.send(.get, "/demo?list-type=2")
        #expect(listing.text.contains("<Size>\(Self.partBytes + 100)</Size>"))
        #expect(listing.text.contains(etag))
    }

    @Test("a Complete repeated after its answer was lost is answered the same")
    func repeated() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let id = try await begin(gateway)
        let only = try await upload(gateway, id, 1, part(1, 10))
        let first = try await complete(gateway, id, [only])
        let second = try await complete(gateway, id, [only])
        #expect(second.status == 200)
        #expect(try CompletedUpload(xml: first.body) == CompletedUpload(xml: second.body))
        let more = try await complete(gateway, id, [only, .init(partNumber: 2, entityTag: "x")])
        #expect(more.code == "NoSuchUpload")
    }

    @Test("Complete heeds conditions and the length that the client counts on")
    func conditions() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let made = try await gateway.send(.put, "/demo/m", body: [1])
        let etag = try #require(made.fields["etag"])
        let id = try await begin(gateway)
        let only = try await upload(gateway, id, 1, part(1, 10))
        let absent = try await complete(gateway, id, [only], [("if-none-match", "*")])
        #expect(absent.status == 412)
        #expect(absent.text.contains("<Condition>If-None-Match</Condition>"))
        let other = try await complete(gateway, id, [only], [("if-match", "\"x\"")])
        #expect(other.status == 412)
        let size = try await complete(gateway, id, [only], [("x-amz-mp-object-size", "11")])
        #expect(size.code == "InvalidRequest")
        #expect(try await gateway.send(.get, "/demo/m").body == [1])
        let fields = [("if-match", etag), ("x-amz-mp-object-size", "10")]
        #expect(try await complete(gateway, id, [only], fields).status == 200)
        #expect(try await gateway.send(.get, "/demo/m").body == part(1, 10))
    }

    @Test("Complete refuses lists that don't name the upload's parts")
    func lists() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let id = try await begin(gateway)
        let first = try await upload(gateway, id, 1, part(1, 10))
        let second = try await upload(gateway, id, 2, part(2, 10))
        let cases: [([CompletionRequest.Part], String)] = [
            ([], "InvalidRequest"), ([second, first], "InvalidPartOrder"),
            ([first, second], "EntityTooSmall"),
            ([.init(partNumber: 3, entityTag: "x")], "InvalidPart"),
            ([.init(partNumber: 1, entityTag: second.entityTag)], "InvalidPart"),
            (
                [
                    .init(
                        partNumber: 1,
                        entityTag: first.entityTag,
                        checksums: [ChecksumText(.crc32, "AAAAAA==")]
                    )
                ], "InvalidPart"
            ),
        ]
        for (parts, code) in cases {
            #expect(try await complete(gateway, id, parts).code == code)
        }
    }

    @Test("every request of an SSE-C upload must bring the same key")
    func customerKeys() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let fields = CustomerHeaders.fields(1)
        let id = try await begin(gateway, fields)
        let target = "/demo/m?partNumber=1&uploadId=\(id)"
        #expect(try await gateway.send(.put, target, body: [1]).code == "InvalidRequest")
        let other = CustomerHeaders.fields(2)
        let wrong = try await gateway.send(.put, target, other, body: [1])
        #expect(wrong.status == 400)
        #expect(wrong.text.contains("did not match the ones used originally"))
        let only = try await upload(gateway, id, 1, [1], fields)
        #expect(try await complete(gateway, id, [only]).code == "InvalidRequest")
        #expect(try await complete(gateway, id, [only], other).code == "InvalidRequest")
        let listed = try await gateway.send(.get, "/demo/m?uploadId=\(id)")
        #expect(listed.status == 200)
        #expect(listed.text.contains(only.entityTag))
        #expect(try await complete(gateway, id, [only], fields).status == 200)
    }

    @Test("an upload is known by its own bucket and key alone")
    func strangers() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let id = try await begin(gateway)
        _ = try await upload(gateway, id, 1, [1])
        for name in ["/demo/n", "/none/m"] {
            let target = "\(name)?partNumber=1&uploadId=\(id)"
            #expect(try await gateway.send(.put, target, body: [1]).status == 404)
            #expect(try await gateway.send(.get, "\(name)?uploadId=\(id)").status == 404)
            #expect(try await gateway.send(.delete, "\(name)?uploadId=\(id)").status == 404)
        }
        let odd = try await gateway.send(.put, "/demo/m?partNumber=1&uploadId=a%2Fb", body: [1])
        #expect(odd.code == "NoSuchUpload")
        #expect(try await gateway.storeLines().contains { $0.contains("a/b") } == false)
    }

    @Test("a part of another upload is refused, where the store mixes them up")
    func mixedUp() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let first = try await begin(gateway)
        let part = try await upload(gateway, first, 1, [1])
        let second = try await begin(gateway)
        _ = try await upload(gateway, second, 1, [2])
        try await gateway.store { store in
            let stranger = store.uploads[first]?.parts[1]
            store.uploads[second]?.parts[1] = stranger
        }
        let done = try await complete(gateway, second, [part])
        #expect(done.status == 500)
    }

    @Test("an upload that is gone at the store is forgotten here")
    func aborted() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let id = try await begin(gateway)
        _ = try await upload(gateway, id, 1, [1])
        try await gateway.store { $0.uploads[id] = nil }
        let target = "/demo/m?partNumber=2&uploadId=\(id)"
        #expect(try await gateway.send(.put, target, body: [1]).code == "NoSuchUpload")
        let lookups = try await gateway.storeLines().count { $0.contains("max-parts=0") }
        #expect(try await gateway.send(.put, target, body: [1]).code == "NoSuchUpload")
        #expect(try await gateway.storeLines().count { $0.contains("max-parts=0") } == lookups + 1)
    }

    @Test("a checksum that Create asks for is checked and told")
    func requestedChecksum() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let fields = [("x-amz-checksum-algorithm", "crc32")]
        let answer = try await gateway.send(.post, "/demo/m?uploads", fields)
        #expect(answer.fields["x-amz-checksum-algorithm"] == "CRC32")
        #expect(answer.fields["x-amz-checksum-type"] == "COMPOSITE")
        let wrong = [("x-amz-checksum-algorithm", "MD4")]
        #expect(try await gateway.send(.post, "/demo/m?uploads", wrong).code == "InvalidRequest")
    }

    @Test(
        "the object's checksum is of its bytes or of its parts', as Create asked, and compared",
        arguments: [
            ("CRC32", nil, ChecksumType.composite), ("CRC32", "FULL_OBJECT", .fullObject),
            ("CRC32C", "FULL_OBJECT", .fullObject), ("CRC64NVME", nil, .fullObject),
            ("SHA256", nil, .composite),
        ] as [(String, String?, ChecksumType)]
    )
    func objectChecksum(name: String, asked: String?, type: ChecksumType) async throws {
        let gateway = try await LoopGateway(TestKeys())
        let algorithm = try #require(ChecksumAlgorithm(rawValue: name))
        var create = [("x-amz-checksum-algorithm", name)]
        if let asked { create.append(("x-amz-checksum-type", asked)) }
        let id = try await begin(gateway, create)
        let bodies = [part(1, Self.partBytes), part(2, 77)]
        var parts: [CompletionRequest.Part] = []
        for (index, body) in bodies.enumerated() {
            let sum = Base64.encode(sum(algorithm, body))
            var named = try await upload(
                gateway,
                id,
                index + 1,
                body,
                [(algorithm.fieldName, sum)]
            )
            named.checksums = [ChecksumText(algorithm, sum)]
            parts.append(named)
        }
        let whole = sum(algorithm, bodies.flatMap(\.self))
        let ofParts = sum(algorithm, bodies.flatMap { sum(algorithm, $0) })
        let expected =
            type == .fullObject ? Base64.encode(whole) : Base64.encode(ofParts) + "-2"
        let wrong = Base64.encode([UInt8](repeating: 1, count: algorithm.digestCount))
        let refused = try await complete(gateway, id, parts, [(algorithm.fieldName, wrong)])
        #expect(refused.code == "BadDigest")
        let other = ChecksumType.composite == type ? "FULL_OBJECT" : "COMPOSITE"
        let mode = try await complete(gateway, id, parts, [("x-amz-checksum-type", other)])
        #expect(mode.code == "InvalidRequest")
        let right = [(algorithm.fieldName, expected), ("x-amz-checksum-type", type.rawValue)]
        let done = try await complete(gateway, id, parts, right)
        #expect(done.status == 200, "\(done.text)")
        let answer = try CompletedUpload(xml: done.body)
        #expect(answer.checksums == [ChecksumText(algorithm, expected)])
        #expect(answer.checksumType == type.rawValue)
        let read = try await gateway.send(.head, "/demo/m", [("x-amz-checksum-mode", "ENABLED")])
        #expect(read.fields[algorithm.fieldName] == expected)
        #expect(read.fields["x-amz-checksum-type"] == type.rawValue)
    }

    @Test("a checksum of the object that nothing can be compared with is refused")
    func checksumOfNothing() async throws {
        let gateway = try await LoopGateway(TestKeys())
        let id = try await begin(gateway)
        let only = try await upload(gateway, id, 1, [1])
        let fields = [("x-amz-checksum-crc32", "AAAAAA==")]
        #expect(try await complete(gateway, id, [only], fields).code == "InvalidRequest")
    }

    private func sum(_ algorithm: ChecksumAlgorithm, _ bytes: [UInt8]) -> [UInt8] {
        var computation = ChecksumComputation(algorithm)
        computation.update(bytes.span)
        return computation.finish()
    }
}
