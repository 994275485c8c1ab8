import Crypto
import Encoding
import Testing

@testable import KMS

/// Vectors that an independent program made from docs/guides/kms-local.md.
struct LocalFormatTests {
    private func key(_ bytes: ClosedRange<UInt8>) throws -> DataKey {
        DataKey(try SecretBytes(copying: Array(bytes).span))
    }

    @Test("opens the vector of a wrapped data key")
    func wrappedKey() throws {
        let wrapped = try #require(
            Hex.decode(
                "0100000007000102030405060708090a0b6723f438e1c0e43ca568bda09dc45642b3e7b507c44e69"
                    + "4b005edfbe21543e8dc58a90b0d7616a8a1b2f0b40f9673bf8"
            )
        )
        let id = try #require(RecordID(0x40...0x4f))
        let context = try EncryptionContext.bucketKey(id, bucket: "demo")
        #expect(try LocalWrap.version(of: wrapped) == 7)
        let opened = try LocalWrap.unwrap(wrapped, under: key(0...0x1f), context: context)
        #expect(opened.isEqual(to: try key(0x20...0x3f)))
    }

    @Test("reads the vector of a key file")
    func keyFile() throws {
        let text =
            #"{"format":"sealgate-local-key-1","key_id":"default","description":"é","state":"e"#
            + #"nabled","deletion":null,"created":1700000000000,"tags":{"a":"b"},"versions":[{"v"#
            + #"ersion":1,"created":1700000000000,"nonce":"AAECAwQFBgcICQoL","sealed":"ZyP0OOHA5"#
            + #"DylaL2gncRWQrPntQfETmlLAF7fviFUPo3n1GFWLYfFqlTxeI2b4xVx"}],"mac":"S5sI8XssKsTLY0"#
            + #"vn84NXW6gxDsY2ana9WVL/HXNd+MvFy+kEK0GT0j6QGnujA/8j"}"#
        let master = try MasterKey(key(0...0x1f))
        let id = try KeyID("default")
        let local = try LocalKeyFile.decode(Array(text.utf8), id, master)
        #expect(local.metadata.description == "é")
        #expect(local.metadata.tags == [KeyTag("a", "b")])
        #expect(local.key(1)?.isEqual(to: try key(0x20...0x3f)) == true)
        #expect(local.key(0) == nil)
        #expect(local.key(2) == nil)
    }
}
