import Testing

@testable import KMS

struct KeyIDTests {
    @Test(
        "takes names, UUIDs, paths and Amazon resource names",
        arguments: ["a", "rotation-2024-09", "arn:aws:kms:eu-1:1:key/ab", "a/b.c_d"]
    )
    func valid(name: String) throws { #expect(try KeyID(name).name == name) }

    @Test(
        "refuses what no key is named",
        arguments: ["", " ", "a b", "é", "a\n", "a\0", "a%2f", String(repeating: "a", count: 257)]
    )
    func invalid(name: String) {
        #expect(throws: KMSError.self) { try KeyID(name) }
    }
}
