import Foundation
import TestSupport
import Testing

@Suite("The store's program holds no cryptography")
struct LinkedLibraryTests {
    private static let folder = ProcessInfo.processInfo.environment["SEALGATE_BIN"]

    private static func forbidden(in output: String) -> [String] {
        ["libssl", "libcrypto", "libnghttp2"].filter { output.contains($0) }
    }

    private func ldd(_ program: String) throws -> String {
        try Command.run("ldd", [program])
    }

    @Test(
        "it links neither libssl, nor libcrypto, nor libnghttp2",
        .enabled(if: folder != nil, "SEALGATE_BIN names the folder of the built programs")
    )
    func store() throws {
        let folder = try #require(Self.folder)
        #expect(Self.forbidden(in: try ldd(folder + "/sealgate-store")) == [])
        // The same look at the gateway finds them: the check can fail.
        let gateway = Self.forbidden(in: try ldd(folder + "/sealgate"))
        #expect(gateway == ["libssl", "libcrypto", "libnghttp2"])
    }

    @Test("canary: a linked libcrypto is found")
    func canary() {
        let output = "\tlibcrypto.so.3 => /lib/x86_64-linux-gnu/libcrypto.so.3 (0x00007f)\n"
        #expect(Self.forbidden(in: output) == ["libcrypto"])
    }
}
