import Foundation
import Testing

@Suite("Targets use only what they may")
struct ArrowTests {
    private let manifest = Manifest(SourceTree.read("Package.swift")?.text ?? "")

    @Test("every file imports only what its target may")
    func imports() {
        #expect(!SourceTree.swiftFiles.isEmpty)
        #expect(SourceTree.swiftFiles.flatMap { Arrows.check($0) } == [])
    }

    @Test("every folder of Sources is in the table and in the manifest")
    func folders() {
        let folders = Set(SourceTree.files.compactMap(\.target))
        #expect(folders == Set(Arrows.allowed.keys))
        #expect(folders.subtracting(manifest.dependencies.keys) == [])
    }

    @Test("the manifest gives no target more than the table allows")
    func manifestArrows() {
        for (target, names) in manifest.dependencies {
            guard let allowed = Arrows.allowed[target] else { continue }
            #expect(names.subtracting(allowed) == [], "\(target)")
        }
    }

    @Test("nothing of cryptography, keys or TLS is in the store's closure")
    func storeClosure() {
        for target in ["Backend", "BackendMain"] {
            let closure = manifest.closure(of: target)
            #expect(closure.contains("Transport"), "\(target)")
            #expect(closure.intersection(Arrows.forbiddenForStore) == [], "\(target)")
        }
    }

    @Test("only cryptography and SecureTransport use OpenSSL, only SecureTransport nghttp2")
    func cLibraries() {
        let cryptography = ["CAESGCMProvider", "CHashing", "Crypto"]
        for (target, names) in Arrows.allowed {
            if target != "SecureTransport", !cryptography.contains(target) {
                #expect(!names.contains("COpenSSL"), "\(target)")
            }
            if target != "SecureTransport" { #expect(!names.contains("CNGHTTP2"), "\(target)") }
        }
    }

    @Test("pure targets may import neither Foundation, nor Glibc, nor NIO")
    func pure() {
        for target in Arrows.pure {
            let imports = Arrows.imports(of: target)
            let impure = ["Foundation", "FoundationEssentials", "Glibc", "NIOCore", "NIOPosix"]
            #expect(imports.isDisjoint(with: impure), "\(target)")
        }
    }

    @Test(
        "canary: a forbidden import is found in every form",
        arguments: [
            ("Backend", "import Crypto"), ("S3Wire", "public import Foundation"),
            ("Gateway", "@preconcurrency internal import COpenSSL"),
            ("Encoding", "  import struct Glibc.stat"), ("KMS", "import NIOCore // why not"),
        ]
    )
    func importCanary(target: String, line: String) {
        let file = SourceFile(path: "Sources/\(target)/A.swift", text: "// import X\n\(line)\n")
        #expect(Arrows.check(file).map(\.line) == [2])
    }

    @Test("canary: a manifest that leads the store to OpenSSL is found")
    func manifestCanary() {
        let bad = Manifest(
            """
            let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
            let ssl: Target.Dependency = .product(
                name: "Crypto",
                package: "swift-crypto",
                moduleAliases: ["Crypto": "SwiftCrypto"]
            )
            // library("Backend", []),
            .systemLibrary(name: "COpenSSL", providers: [.apt(["libssl-dev"])]),
            .target(
                name: "Crypto",
                dependencies: ["COpenSSL"],
                swiftSettings: strict + [.define("X")]
            ),
            library("Transport", ["Crypto", nio]),
            .target(name: "CProvider", dependencies: [ssl]),
            library("Encoding"),
            library(
                "Backend",
                ["Transport", "Encoding"]
            ),
            program("BackendMain", ["Backend"]),
            """
        )
        #expect(bad.dependencies["Transport"] == ["Crypto", "NIOCore"])
        #expect(bad.dependencies["Encoding"] == [])
        #expect(bad.dependencies["CProvider"] == ["SwiftCrypto"])
        #expect(bad.dependencies["COpenSSL"] == [])
        let found = bad.closure(of: "BackendMain").intersection(Arrows.forbiddenForStore)
        #expect(found == ["Crypto", "COpenSSL"])
    }
}
