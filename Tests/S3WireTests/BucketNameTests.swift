import S3Wire
import Testing

@Suite struct BucketNameTests {
    @Test(
        "takes names as S3 does",
        arguments: ["abc", "a-b.c", "1.2.3", "1.2.3.a", "1.2.3.4.5", "a--b", "123", "kms"]
    )
    func valid(name: String) {
        #expect(BucketName.isValid(name))
    }

    @Test(
        "refuses names",
        arguments: [
            "", "ab", String(repeating: "a", count: 64), "Abc", "a_b", "-abc", "abc-", ".abc",
            "abc.", "a..b", "a.-b", "a-.b", "1.2.3.4", "192.168.5.4", "xn--abc", "sthree-abc",
            "abc-s3alias", "abc--ol-s3", "abc--x-s3", "äbc", ".sealgate", "a/b", "a b",
            "amzn-s3-demo-x", "abc.mrap", "abc--table-s3", "...",
        ]
    )
    func invalid(name: String) {
        #expect(!BucketName.isValid(name))
        #expect { try BucketName.validate(name) } throws: {
            ($0 as? S3Error)?.code == .invalidBucketName
        }
    }

    @Test("names at the limits of length")
    func lengths() {
        #expect(BucketName.isValid(String(repeating: "a", count: 63)))
        #expect(BucketName.isValid("abc"))
    }

    @Test("keys have 1 to 1,024 bytes and no NUL")
    func keys() throws {
        try ObjectKey.validate("a")
        try ObjectKey.validate(String(repeating: "é", count: 512))
        #expect { try ObjectKey.validate(String(repeating: "é", count: 513)) } throws: {
            ($0 as? S3Error)?.code == .keyTooLong
        }
        #expect(throws: S3Error(.invalidURI)) { try ObjectKey.validate("") }
        #expect(throws: S3Error(.invalidURI)) { try ObjectKey.validate("a\0") }
    }
}
