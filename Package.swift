// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

func library(_ name: String, _ uses: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: uses, swiftSettings: strict)
}

func program(_ name: String, _ uses: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: uses, swiftSettings: strict)
}

func tests(_ name: String, _ uses: [Target.Dependency] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.init(stringLiteral: name), "TestSupport"] + uses,
        swiftSettings: [.treatAllWarnings(as: .error)]
    )
}

let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")
let arguments: Target.Dependency = .product(
    name: "ArgumentParser",
    package: "swift-argument-parser"
)
let sqlite: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")

// Under another name, for a target here is called Crypto; only its BoringSSL is used.
let boringSSL: Target.Dependency = .product(
    name: "Crypto",
    package: "swift-crypto",
    moduleAliases: ["Crypto": "SwiftCrypto"]
)

let package = Package(
    name: "sealgate",
    products: [
        .executable(name: "sealgate", targets: ["GatewayMain"]),
        .executable(name: "sealgate-store", targets: ["BackendMain"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        .systemLibrary(
            name: "COpenSSL",
            pkgConfig: "openssl",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(
            name: "CNGHTTP2",
            pkgConfig: "libnghttp2",
            providers: [.apt(["libnghttp2-dev"])]
        ),
        .target(name: "CAESGCMProvider", dependencies: ["COpenSSL", boringSSL]),
        .target(name: "CChecksums"),
        .target(name: "CHashing", dependencies: ["COpenSSL"]),
        .target(name: "CLinux"),
        .target(name: "CText"),
        library("Encoding", ["CText"]),
        library("HTTPWire", ["Encoding"]),
        library("S3Wire", ["HTTPWire", "Encoding"]),
        // Lifetimes: `SecretBytes.span` lends the bytes without a closure.
        .target(
            name: "Crypto",
            dependencies: ["CAESGCMProvider", "CHashing", "COpenSSL"],
            swiftSettings: strict + [.enableExperimentalFeature("Lifetimes")]
        ),
        library("SealedObject", ["Crypto", "Encoding"]),
        library("SigV4", ["Crypto", "HTTPWire", "Encoding"]),
        library("Policy", ["Encoding"]),
        library("KMS", ["Crypto", "HTTPWire", "Encoding", "CLinux"]),
        library("Transport", ["HTTPWire", "Encoding", "CLinux", nio, nioPosix]),
        library(
            "SecureTransport",
            [
                "Transport", "Crypto", "COpenSSL", "CNGHTTP2", "HTTPWire", "Encoding", nio,
                nioPosix,
            ]
        ),
        library("Daemon", ["Encoding", "CLinux", logging, yaml]),
        library(
            "Backend",
            [
                "S3Wire", "HTTPWire", "Encoding", "Transport", "Daemon", "CLinux",
                nio, nioPosix, logging, sqlite,
            ]
        ),
        library(
            "Gateway",
            [
                "S3Wire", "HTTPWire", "Encoding", "Crypto", "CChecksums", "SealedObject", "SigV4",
                "Policy", "KMS", "Transport", "SecureTransport", "Daemon", nio, nioPosix, logging,
            ]
        ),
        program("BackendMain", ["Backend", "Daemon", logging, arguments]),
        program("GatewayMain", ["Gateway", "Daemon", logging, arguments]),
        .target(name: "TestSupport", dependencies: ["Encoding"], path: "Tests/TestSupport"),
        tests("Encoding"),
        tests("HTTPWire"),
        tests("S3Wire"),
        tests("Crypto", ["CAESGCMProvider", "COpenSSL"]),
        tests("SealedObject"),
        tests("SigV4", ["Crypto", "HTTPWire", "Encoding"]),
        tests("CChecksums"),
        tests("Policy", ["Encoding"]),
        tests("KMS"),
        tests("Transport", ["CLinux", nio, nioPosix, nioEmbedded]),
        tests("SecureTransport", ["CAESGCMProvider", "Transport", nio, nioPosix, nioEmbedded]),
        tests("Daemon"),
        tests("Backend", ["Transport", "CLinux", nio, nioPosix, sqlite]),
        tests(
            "Gateway",
            [
                "S3Wire", "HTTPWire", "Encoding", "Crypto", "SealedObject", "SigV4", "Policy",
                "KMS", "Transport", "Daemon", nio, nioEmbedded, logging,
            ]
        ),
        .testTarget(name: "ArchitectureTests", dependencies: ["TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)
