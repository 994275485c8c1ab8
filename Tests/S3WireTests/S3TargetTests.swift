import S3Wire
import Testing

@Suite struct S3TargetTests {
    private func parse(
        _ target: String,
        _ authority: String = "127.0.0.1:9000",
        _ domains: [String] = ["s3.example.com", "example.com", "localhost"]
    ) throws -> S3Target {
        try S3Target(target: target, authority: authority, baseDomains: domains)
    }

    @Test(
        "reads path style",
        arguments: [
            ("/", nil, nil), ("*", nil, nil), ("/b", "b", nil), ("/b/", "b", nil),
            ("/b/k", "b", "k"), ("/b/k/", "b", "k/"), ("/b//k", "b", "/k"), ("/b//", "b", "/"),
            ("/b/../c/./d", "b", "../c/./d"), ("/b/%C3%A9+a%2Fb%20", "b", "é+a/b "),
            ("/b?prefix=x", "b", nil), ("/b/k?a=/c?d", "b", "k"), ("/%62/k", "b", "k"),
        ] as [(String, String?, String?)]
    )
    func pathStyle(target: String, bucket: String?, key: String?) throws {
        let parsed = try parse(target)
        #expect(parsed.bucket == bucket)
        #expect(parsed.key == key)
        #expect(parsed.style == .path)
    }

    @Test(
        "reads the bucket from the host below the configured domains",
        arguments: [
            ("b.s3.example.com", "b"), ("B.S3.Example.COM:443", "b"), ("b.s3.example.com.", "b"),
            ("a.b.s3.example.com", "a.b"), ("b.example.com", "b"), ("b.localhost:9000", "b"),
        ]
    )
    func virtualHost(authority: String, bucket: String) throws {
        let parsed = try parse("/k%20l/m", authority)
        #expect(parsed.bucket == bucket)
        #expect(parsed.key == "k l/m")
        #expect(parsed.style == .virtualHost)
        #expect(try parse("/", authority).key == nil)
    }

    @Test(
        "other hosts are path style",
        arguments: [
            "s3.example.com", "example.com", "localhost:9000", "127.0.0.1", "[::1]:9000",
            "other.org", ".example.com", "badexample.com", "", "10.0.0.1:80",
        ]
    )
    func otherHosts(authority: String) throws {
        #expect(try parse("/b/k", authority).bucket == "b")
    }

    @Test("without base domains every host is path style")
    func noDomains() throws {
        #expect(try parse("/b/k", "b.example.com", []).bucket == "b")
    }

    @Test(
        "refuses targets that aren't percent-encoded UTF-8",
        arguments: [
            "", "b/k", "http://h/b", "/b/%", "/b/%zz", "/b/%ff", "/%ff/k", "/b?a=%ff", "/b?%=1",
        ]
    )
    func refusals(target: String) {
        #expect(throws: S3Error(.invalidURI)) { try parse(target) }
    }

    @Test("refuses an empty bucket before a key")
    func emptyBucket() {
        #expect(throws: S3Error(.invalidBucketName)) { try parse("//k") }
    }

    @Test("keeps path and query as sent, and the key's bytes")
    func raw() throws {
        let parsed = try parse("/b/a%2fb//c?x=%2F&y&z=a+b")
        #expect(parsed.keyBytes == Array("a/b//c".utf8))
        #expect(parsed.query["x"] == "/")
        #expect(parsed.query["y"] == "")
        #expect(parsed.query["z"] == "a b")
        #expect(parsed.query["none"] == nil)
        #expect(parsed.query.parameters.map(\.name) == ["x", "y", "z"])
    }

    @Test("keys that differ in normalisation stay apart")
    func normalisation() throws {
        let composed = try parse("/b/%C3%A9")
        let decomposed = try parse("/b/e%CC%81")
        #expect(composed.keyBytes == [0xc3, 0xa9])
        #expect(decomposed.keyBytes == [0x65, 0xcc, 0x81])
    }

    @Test("a query has at most 128 parameters")
    func parameterCount() throws {
        let fits = String(repeating: "a&", count: 128)
        #expect(try S3Query(raw: fits).parameters.count == 128)
        #expect(throws: S3Error(.invalidURI)) { try S3Query(raw: fits + "a") }
    }
}
