import S3Wire
import Testing

@Suite struct BucketEncryptionTests {
    private func read(_ rules: String) throws(S3Error) -> BucketEncryption {
        let root = "ServerSideEncryptionConfiguration"
        return try BucketEncryption(xml: Array("<\(root)>\(rules)</\(root)>".utf8))
    }

    private func rule(_ byDefault: String, _ rest: String = "") -> String {
        "<Rule><ApplyServerSideEncryptionByDefault>\(byDefault)"
            + "</ApplyServerSideEncryptionByDefault>\(rest)</Rule>"
    }

    @Test("reads and writes the two defaults")
    func defaults() throws {
        let sseS3 = try read(rule("<SSEAlgorithm>AES256</SSEAlgorithm>"))
        #expect(sseS3 == BucketEncryption(byDefault: .sseS3))
        #expect(try BucketEncryption(xml: sseS3.xml) == sseS3)
        let kms = try read(
            rule(
                "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/a</KMSMasterKeyID>",
                "<BucketKeyEnabled>true</BucketKeyEnabled><BlockedEncryptionTypes>"
                    + "<EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>"
            )
        )
        #expect(
            kms
                == BucketEncryption(
                    byDefault: .sseKMS(keyID: "alias/a", bucketKeyEnabled: true),
                    blocksCustomerKeys: true
                )
        )
        #expect(try BucketEncryption(xml: kms.xml) == kms)
        let open = "<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType>"
        #expect(
            try read("<Rule>\(open)</BlockedEncryptionTypes></Rule>")
                == BucketEncryption(byDefault: nil)
        )
    }

    @Test("the answer always says whether bucket keys are enabled")
    func bucketKey() {
        let text = String(decoding: BucketEncryption(byDefault: .sseS3).xml, as: UTF8.self)
        #expect(text.contains("<BucketKeyEnabled>false</BucketKeyEnabled>"))
    }

    @Test("whether bucket keys are enabled is kept for every default")
    func bucketKeyKept() throws {
        let enabled = "<BucketKeyEnabled>true</BucketKeyEnabled>"
        for rules in [
            rule("<SSEAlgorithm>AES256</SSEAlgorithm>", enabled), "<Rule>\(enabled)</Rule>",
        ] {
            var encryption = try read(rules)
            encryption.byDefault = .sseS3
            let text = String(decoding: encryption.xml, as: UTF8.self)
            #expect(text.contains(enabled))
            #expect(try BucketEncryption(xml: encryption.xml) == encryption)
        }
    }

    @Test(
        "refuses configurations",
        arguments: [
            ("", .malformedXML), ("<Rule/><Rule/>", .malformedXML), ("<X/>", .malformedXML),
            ("<Rule><X/></Rule>", .malformedXML),
            (
                "<Rule><ApplyServerSideEncryptionByDefault/></Rule>", .malformedXML
            ),
            ("<Rule><BucketKeyEnabled>maybe</BucketKeyEnabled></Rule>", .malformedXML),
        ] as [(String, S3ErrorCode)]
    )
    func malformed(rules: String, code: S3ErrorCode) {
        #expect(error(rules)?.code == code)
    }

    @Test("refuses algorithms that aren't there, and a key for AES256")
    func algorithms() {
        #expect(error(rule("<SSEAlgorithm>aes256</SSEAlgorithm>"))?.code == .malformedXML)
        #expect(error(rule("<SSEAlgorithm>aws:kms:dsse</SSEAlgorithm>"))?.code == .notImplemented)
        let both = "<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>"
        #expect(error(rule(both))?.code == .invalidArgument)
        #expect(
            error(rule(both))?.detail("ArgumentName") == "ApplyServerSideEncryptionByDefault"
        )
    }

    @Test("a key's id fits in a header")
    func keyID() {
        for id in ["a&#13;&#10;b: c", "é", String(repeating: "k", count: 2049)] {
            let kms = "<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>\(id)</KMSMasterKeyID>"
            #expect(error(rule(kms))?.code == .malformedXML)
        }
    }

    private func error(_ rules: String) -> S3Error? {
        do throws(S3Error) {
            _ = try read(rules)
            return nil
        } catch { return error }
    }
}
