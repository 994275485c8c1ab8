import HTTPWire
import S3Wire
import Testing

@Suite struct CopySourceTests {
    private func read(_ source: String, _ range: String? = nil) throws(S3Error) -> CopySource {
        var fields = HTTPFields([("x-amz-copy-source", source)])
        if let range { fields.append("x-amz-copy-source-range", range) }
        return try CopySource(fields)
    }

    @Test(
        "reads bucket, key and version",
        arguments: [
            ("b/k", "b", "k", nil), ("/b/k", "b", "k", nil), ("b/a%20b/c+d", "b", "a b/c+d", nil),
            ("b/k?versionId=v1", "b", "k", "v1"), ("b/k?versionId=v%2B1", "b", "k", "v+1"),
            ("b/a%3FversionId=x", "b", "a?versionId=x", nil), ("b/a?b", "b", "a?b", nil),
            ("b//k", "b", "/k", nil),
        ] as [(String, String, String, String?)]
    )
    func sources(text: String, bucket: String, key: String, version: String?) throws {
        let source = try read(text)
        #expect(source.bucket == bucket)
        #expect(source.key == key)
        #expect(source.versionID == version)
        #expect(source.range == nil)
    }

    @Test(
        "refuses sources without a bucket and a key, and versions without an id",
        arguments: [
            "", "b", "b/", "/", "//k", "b/%zz", "b/%ff", "b/k?versionId=", "b/k?versionId=%zz",
        ]
    )
    func refusals(text: String) {
        #expect { try read(text) } throws: { ($0 as? S3Error)?.code == .invalidArgument }
    }

    @Test("two sources are refused")
    func several() {
        let name = "x-amz-copy-source"
        #expect { try CopySource(HTTPFields([(name, "b/k"), (name, "b/l")])) } throws: {
            ($0 as? S3Error)?.code == .invalidArgument
        }
    }

    @Test("access points are not implemented")
    func accessPoints() {
        #expect { try read("arn:aws:s3:x") } throws: {
            ($0 as? S3Error)?.code == .notImplemented
        }
    }

    @Test("a range has both ends")
    func ranges() throws {
        #expect(try read("b/k", "bytes=5-9").range == 5...9)
        for text in ["bytes=5-", "bytes=-5", "5-9", "bytes=9-5", "bytes=0-1,2-3"] {
            #expect { try read("b/k", text) } throws: {
                ($0 as? S3Error)?.code == .invalidArgument
            }
        }
    }
}
