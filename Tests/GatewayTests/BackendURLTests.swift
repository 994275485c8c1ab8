import Testing

@testable import Gateway

@Suite("The address of a foreign engine")
struct BackendURLTests {
    @Test("scheme, host, port and authority are read")
    func partsAreRead() throws {
        let secure = try #require(BackendURL("https://s3.example.com"))
        #expect(secure.isSecure && secure.host == "s3.example.com" && secure.port == 443)
        #expect(secure.authority == "s3.example.com" && !secure.isLoopback)
        let plain = try #require(BackendURL("http://127.0.0.1:8333/"))
        #expect(!plain.isSecure && plain.port == 8333 && plain.isLoopback)
        #expect(plain.authority == "127.0.0.1:8333")
        let bracketed = try #require(BackendURL("https://[::1]:9000"))
        #expect(bracketed.host == "::1" && bracketed.authority == "[::1]:9000")
        #expect(bracketed.isLoopback)
        #expect(BackendURL("http://127.evil.example")?.isLoopback == false)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "s3.example.com", "ftp://h", "https://", "https://h/path", "https://u@h",
            "https://h:0", "https://h:65536", "https://h:", "https://h:x", "https://h?q",
            "https://::1", "https://h h", "https://[::1", "https://h\r\nx",
        ]
    )
    func othersAreRefused(text: String) {
        #expect(BackendURL(text) == nil)
    }
}
