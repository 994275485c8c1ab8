import Encoding
import S3Wire
import Testing

@Suite struct DocumentTests {
    private let time = Timestamp(milliseconds: 1_790_000_000_123)
    private let awkward = ["a b", "é/漢", "x&y<z>\"'", "\u{1}\r\n\t", "100%+a", "\u{ffff}"]

    @Test("a bucket listing comes back")
    func buckets() throws {
        let listing = BucketListing(
            buckets: [
                .init(name: "a", creationDate: time),
                .init(name: "b", creationDate: time, region: "eu"),
            ],
            owner: Owner(id: "o", displayName: "O"),
            prefix: "p",
            continuationToken: "t"
        )
        #expect(try BucketListing(xml: listing.xml) == listing)
        #expect(try BucketListing(xml: BucketListing(buckets: []).xml).buckets.isEmpty)
    }

    @Test(
        "an object listing of either version comes back, encoded or not",
        arguments: [true, false]
    )
    func objects(encoded: Bool) throws {
        var listing = ObjectListing(
            bucket: "b",
            prefix: "x y",
            delimiter: "/",
            maxKeys: 7,
            encodesKeys: encoded,
            isTruncated: true,
            paging: .version2(startAfter: "s t", token: "u", nextToken: "v"),
            entries: awkward.map {
                .init(
                    key: $0,
                    lastModified: time,
                    entityTag: "e-1",
                    size: .max,
                    storageClass: "STANDARD",
                    owner: Owner(id: "o"),
                    metadata: "AA_-"
                )
            },
            commonPrefixes: awkward
        )
        #expect(try ObjectListing(xml: listing.xml) == listing)
        listing.paging = .version1(marker: "m n", next: "o p")
        #expect(try ObjectListing(xml: listing.xml) == listing)
        listing.paging = .version1(marker: "", next: nil)
        #expect(try ObjectListing(xml: listing.xml) == listing)
    }

    @Test("keys that another server wrote with plus signs are read")
    func plus() throws {
        let xml = """
            <ListBucketResult><Name>b</Name><Contents><Key>a+b%2Bc</Key>\
            <LastModified>2026-11-23T14:22:35Z</LastModified><ETag>"x"</ETag><Size>1</Size>\
            <Unknown><a/></Unknown></Contents><EncodingType>url</EncodingType></ListBucketResult>
            """
        let listing = try ObjectListing(xml: Array(xml.utf8))
        #expect(listing.entries.first?.key == "a b+c")
        #expect(listing.entries.first?.entityTag == "x")
    }

    @Test("an entry without a key or a time, or with a bad number, is refused")
    func incomplete() {
        func listing(_ entry: String) throws -> ObjectListing {
            try ObjectListing(
                xml: Array(
                    "<ListBucketResult><Contents>\(entry)</Contents></ListBucketResult>".utf8
                )
            )
        }
        #expect(throws: XMLError.elementMissing("Key")) { try listing("") }
        #expect(throws: XMLError.elementMissing("LastModified")) { try listing("<Key>a</Key>") }
        #expect(throws: XMLError.valueInvalid("Size")) { try listing("<Size>+1</Size>") }
        #expect(throws: XMLError.valueInvalid("LastModified")) {
            try listing("<LastModified>x</LastModified>")
        }
    }

    @Test("an upload listing comes back, encoded or not", arguments: [true, false])
    func uploads(encoded: Bool) throws {
        let listing = UploadListing(
            bucket: "b",
            prefix: "p q",
            delimiter: "/",
            keyMarker: "k l",
            uploadIDMarker: "u",
            nextKeyMarker: "n o",
            nextUploadIDMarker: "v",
            maxUploads: 3,
            encodesKeys: encoded,
            isTruncated: true,
            uploads: awkward.map {
                .init(key: $0, uploadID: "00ff", initiated: time, metadata: "AA")
            },
            commonPrefixes: awkward
        )
        #expect(try UploadListing(xml: listing.xml) == listing)
    }

    @Test("a part listing comes back, with what the dialect adds")
    func parts() throws {
        let listing = PartListing(
            bucket: "b",
            key: awkward[2],
            uploadID: "u",
            partNumberMarker: 1,
            nextPartNumberMarker: 3,
            maxParts: 10_000,
            isTruncated: true,
            parts: [
                .init(partNumber: 2, lastModified: time, entityTag: "e", size: 5),
                .init(
                    partNumber: 3,
                    lastModified: time,
                    entityTag: "f",
                    size: 6,
                    checksums: [.init(.crc32, "AAAAAA==")],
                    attributes: "x_-"
                ),
            ],
            storageClass: "STANDARD",
            owner: Owner(id: "o"),
            checksumAlgorithm: .crc32,
            metadata: "AA",
            initiated: time
        )
        #expect(try PartListing(xml: listing.xml) == listing)
    }

    @Test("the multipart answers come back")
    func multipart() throws {
        let initiated = InitiatedUpload(bucket: "b", key: awkward[3], uploadID: "u")
        #expect(try InitiatedUpload(xml: initiated.xml) == initiated)
        let completed = CompletedUpload(
            location: "/b/k",
            bucket: "b",
            key: "k",
            entityTag: "x-2",
            checksums: [.init(.sha256, "y-2")],
            checksumType: "COMPOSITE"
        )
        #expect(try CompletedUpload(xml: completed.xml) == completed)
        #expect(throws: XMLError.elementUnexpected("Error")) {
            try CompletedUpload(xml: S3Error(.internalError).document(resource: "", requestID: ""))
        }
        #expect(throws: XMLError.elementMissing("UploadId")) {
            try InitiatedUpload(xml: Array("<InitiateMultipartUploadResult/>".utf8))
        }
        #expect(throws: XMLError.elementMissing("ETag")) {
            try CompletedUpload(xml: Array("<CompleteMultipartUploadResult/>".utf8))
        }
    }

    @Test("a completion comes back with checksums and table")
    func completion() throws {
        let request = CompletionRequest(
            parts: [
                .init(partNumber: 1, entityTag: "a"),
                .init(partNumber: 9, entityTag: "b", checksums: [.init(.crc64nvme, "x")]),
            ],
            table: [0, 255, 7]
        )
        #expect(try CompletionRequest(xml: request.xml) == request)
        let unquoted = "<Part><ETag>abc</ETag><PartNumber>2</PartNumber></Part>"
        let read = try CompletionRequest(
            xml: Array("<CompleteMultipartUpload>\(unquoted)</CompleteMultipartUpload>".utf8)
        )
        #expect(read.parts == [.init(partNumber: 2, entityTag: "abc")])
    }

    @Test(
        "refuses a completion for what is wrong with it",
        arguments: [
            ("<X/>", .elementUnexpected("X")),
            ("<Part><ETag>a</ETag></Part>", .elementMissing("PartNumber")),
            ("<Part><PartNumber>1</PartNumber></Part>", .elementMissing("ETag")),
            ("<Part><PartNumber>-1</PartNumber></Part>", .valueInvalid("PartNumber")),
            ("<SealgateTable>!</SealgateTable>", .valueInvalid("SealgateTable")),
            ("<SealgateTable/><SealgateTable/>", .elementUnexpected("SealgateTable")),
        ] as [(String, XMLError)]
    )
    func completionRefusals(body: String, error: XMLError) {
        let xml = "<CompleteMultipartUpload>\(body)</CompleteMultipartUpload>"
        #expect(throws: error) { try CompletionRequest(xml: Array(xml.utf8)) }
    }

    @Test("a completion's list is not empty, ascends, and stays within 10,000")
    func completionOrder() throws {
        func code(_ numbers: Int...) -> S3ErrorCode? {
            let parts = numbers.map { CompletionRequest.Part(partNumber: $0, entityTag: "x") }
            do throws(S3Error) {
                try CompletionRequest(parts: parts).validate()
                return nil
            } catch { return error.code }
        }
        #expect(code(1, 2, 10_000) == nil)
        #expect(code() == .invalidRequest)
        #expect(code(2, 1) == .invalidPartOrder)
        #expect(code(1, 1) == .invalidPartOrder)
        #expect(code(0) == .invalidArgument)
        #expect(code(10_001) == .invalidArgument)
    }

    @Test("a deletion and its result come back")
    func deletion() throws {
        let request = DeletionRequest(
            objects: awkward.map { .init(key: $0, versionID: "v", entityTag: "e") },
            isQuiet: true
        )
        #expect(try DeletionRequest(xml: request.xml) == request)
        let result = DeletionResult(
            deleted: awkward.map { .init(key: $0, versionID: "v") } + [
                .init(key: "k", outcome: VersionOutcome(versionID: "m", isDeleteMarker: true))
            ],
            failures: [.init(key: "k", versionID: "w", code: "AccessDenied", message: "m")]
        )
        #expect(try DeletionResult(xml: result.xml) == result)
    }

    @Test("a deletion names 1 to 1,000 objects")
    func deletionCount() throws {
        func count(_ count: Int) -> [UInt8] {
            DeletionRequest(objects: (0..<count).map { .init(key: String($0)) }).xml
        }
        #expect(try DeletionRequest(xml: count(1000)).objects.count == 1000)
        #expect(throws: XMLError.elementUnexpected("Object")) {
            try DeletionRequest(xml: count(1001))
        }
        #expect(throws: XMLError.elementMissing("Object")) { try DeletionRequest(xml: count(0)) }
        #expect(throws: XMLError.elementMissing("Key")) {
            try DeletionRequest(xml: Array("<Delete><Object/></Delete>".utf8))
        }
    }

    @Test("answers that are only written have S3's form")
    func writtenOnly() {
        func text(_ document: some XMLWritable) -> String {
            String(decoding: document.xml, as: UTF8.self)
        }
        let xmlns = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""
        #expect(
            text(BucketLocation(region: "us-east-1"))
                .hasSuffix("<LocationConstraint \(xmlns)></LocationConstraint>")
        )
        #expect(text(BucketLocation(region: "eu")).hasSuffix(">eu</LocationConstraint>"))
        #expect(
            text(CopyResult(entityTag: "e", lastModified: Timestamp(milliseconds: 0))).hasSuffix(
                "<CopyObjectResult \(xmlns)><LastModified>1970-01-01T00:00:00.000Z</LastModified>"
                    + "<ETag>&quot;e&quot;</ETag></CopyObjectResult>"
            )
        )
        #expect(
            text(CopyResult(isPart: true, entityTag: "e", lastModified: time))
                .hasSuffix("</CopyPartResult>")
        )
        #expect(
            text(AccessControlPolicy(owner: Owner(id: "me")))
                .contains("<Permission>FULL_CONTROL</Permission>")
        )
    }

    @Test("a bucket's region is read where it is named")
    func configuration() throws {
        let named = "<CreateBucketConfiguration><LocationConstraint>eu</LocationConstraint>"
        #expect(
            try BucketConfiguration(xml: Array((named + "</CreateBucketConfiguration>").utf8))
                .locationConstraint == "eu"
        )
        #expect(
            try BucketConfiguration(xml: Array("<CreateBucketConfiguration/>".utf8))
                .locationConstraint == nil
        )
    }

    @Test("a page of 1,000 objects is written and read")
    func largePage() throws {
        let listing = ObjectListing(
            bucket: "b",
            encodesKeys: true,
            entries: (0..<1000).map {
                .init(
                    key: "folder/some object \($0)",
                    lastModified: time,
                    entityTag: "0123456789abcdef0123456789abcdef",
                    size: UInt64($0),
                    metadata: String(repeating: "A", count: 400)
                )
            }
        )
        let xml = listing.xml
        #expect(try ObjectListing(xml: xml, limits: .init(bytesMax: 64 << 20)) == listing)
    }
}
