import S3Wire
import Testing

@Suite struct ListParametersTests {
    private func isInvalid(_ raw: String) throws -> Bool {
        let query = try S3Query(raw: raw)
        do throws(S3Error) {
            _ = try ObjectListParameters(query)
            return false
        } catch { return error.code == .invalidArgument }
    }

    @Test("version 1 has a marker, version 2 a token")
    func versions() throws {
        let first = try ObjectListParameters(
            S3Query(raw: "marker=a%20b&prefix=p&delimiter=%2F&max-keys=7&encoding-type=url")
        )
        #expect(first.start == .version1(marker: "a b"))
        #expect(first.prefix == "p")
        #expect(first.delimiter == "/")
        #expect(first.maxKeys == 7)
        #expect(first.encodesKeys)
        #expect(first.fetchesOwner)
        let second = try ObjectListParameters(
            S3Query(raw: "list-type=2&start-after=s&continuation-token=t&fetch-owner=true")
        )
        #expect(second.start == .version2(startAfter: "s", token: "t"))
        #expect(second.fetchesOwner)
        let plain = try ObjectListParameters(
            S3Query(raw: "list-type=2&delimiter=&max-keys=&encoding-type=&start-after=")
        )
        #expect(plain.start == .version2(startAfter: nil, token: nil))
        #expect(plain.delimiter == nil)
        #expect(plain.maxKeys == 1000)
        #expect(!plain.encodesKeys)
        #expect(!plain.fetchesOwner)
    }

    @Test(
        "max-keys is clipped to 1,000",
        arguments: [("0", 0), ("1000", 1000), ("1001", 1000), ("2147483647", 1000)]
    )
    func clipped(text: String, expected: Int) throws {
        #expect(try ObjectListParameters(S3Query(raw: "max-keys=\(text)")).maxKeys == expected)
    }

    @Test(
        "refuses",
        arguments: [
            "max-keys=-1", "max-keys=%2B1", "max-keys=a", "max-keys=2147483648", "max-keys=1.0",
            "max-keys=99999999999999999999999", "encoding-type=base64",
            "list-type=2&continuation-token=",
        ]
    )
    func refusals(raw: String) throws {
        #expect(try isInvalid(raw))
    }

    @Test("an upload id without a key marker means nothing")
    func uploads() throws {
        let alone = try UploadListParameters(S3Query(raw: "uploads&upload-id-marker=u"))
        #expect(alone.uploadIDMarker == "")
        let both = try UploadListParameters(
            S3Query(raw: "uploads&upload-id-marker=u&key-marker=k&max-uploads=3")
        )
        #expect(both.uploadIDMarker == "u")
        #expect(both.keyMarker == "k")
        #expect(both.maxUploads == 3)
    }

    @Test("parts page by number, with a limit of the caller's")
    func parts() throws {
        let client = try PartListParameters(S3Query(raw: "uploadId=u&max-parts=9999"))
        #expect(client.uploadID == "u")
        #expect(client.maxParts == 1000)
        #expect(client.partNumberMarker == 0)
        let store = try PartListParameters(
            S3Query(raw: "uploadId=u&max-parts=9999&part-number-marker=12"),
            limit: 10_000
        )
        #expect(store.maxParts == 9999)
        #expect(store.partNumberMarker == 12)
        #expect(throws: S3Error.self) {
            try PartListParameters(S3Query(raw: "part-number-marker=x"))
        }
    }

    @Test("a part's number is 1 to 10,000")
    func partNumber() throws {
        #expect(try PartNumber.read(S3Query(raw: "")) == nil)
        #expect(try PartNumber.read(S3Query(raw: "partNumber=10000")) == 10_000)
        for text in ["0", "10001", "", "a", "-1"] {
            #expect(throws: S3Error.self) {
                try PartNumber.read(S3Query(raw: "partNumber=\(text)"))
            }
        }
    }
}
