// swift-tools-version: 6.2
import PackageDescription

// Built by scripts/fuzz, which adds the sanitizers' flags: they reach every target and package.
// The cores are the very sources of the project, found through the link `Cores`.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableExperimentalFeature("Lifetimes"),
    .strictMemorySafety(),
]

func core(_ name: String, _ uses: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: uses, path: "Cores/" + name, swiftSettings: settings)
}

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let yaml: Target.Dependency = .product(name: "Yams", package: "Yams")

let package = Package(
    name: "sealgate-fuzz",
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", path: "Cores/COpenSSL", pkgConfig: "openssl"),
        .target(name: "CLinux", path: "Cores/CLinux"),
        .target(name: "CText", path: "Cores/CText"),
        core("Encoding", ["CText"]),
        core("HTTPWire", ["Encoding"]),
        core("S3Wire", ["HTTPWire", "Encoding"]),
        .target(name: "CAESGCMProvider", path: "WithoutBoringSSL"),
        .target(name: "CHashing", dependencies: ["COpenSSL"], path: "Cores/CHashing"),
        core("Crypto", ["CAESGCMProvider", "CHashing", "COpenSSL"]),
        core("SealedObject", ["Crypto", "Encoding"]),
        core("SigV4", ["Crypto", "HTTPWire", "Encoding"]),
        core("KMS", ["Crypto", "HTTPWire", "Encoding", "CLinux"]),
        core("Daemon", ["Encoding", "CLinux", logging, yaml]),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Encoding", "HTTPWire", "S3Wire", "Crypto", "SealedObject", "SigV4", "KMS",
                "Daemon",
            ],
            path: "Targets",
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
