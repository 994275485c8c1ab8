import Foundation
import TestSupport

@testable import SecureTransport

/// Certificates made afresh by the `openssl` command for one run, so that none expires.
struct TestCertificates {
    let directory: String

    /// Those of this run.
    static let shared = Result { try TestCertificates() }

    private init() throws {
        directory = NSTemporaryDirectory() + "sealgate-tls-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true
        )
        let configuration = """
            [req]
            distinguished_name = name
            [name]
            [authority]
            basicConstraints = critical, CA:TRUE
            subjectKeyIdentifier = hash
            [leaf]
            basicConstraints = CA:FALSE
            subjectAltName = DNS:localhost, DNS:*.store.test, IP:127.0.0.1, IP:::1
            """
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: path("openssl.cnf")))
        for authority in ["ca", "otherca"] {
            try make(authority, ["-extensions", "authority", "-subj", "/CN=\(authority)"])
        }
        for (name, authority) in [
            ("server", "ca"), ("renewed", "ca"), ("client", "ca"), ("stranger", "otherca"),
        ] {
            try make(
                name,
                [
                    "-extensions", "leaf", "-subj", "/O=Sealgate/CN=\(name)",
                    "-CA", path("\(authority).pem"), "-CAkey", path("\(authority).key"),
                ]
            )
        }
    }

    func path(_ name: String) -> String { directory + "/" + name }

    /// A configuration with the certificate of that name.
    func server(_ name: String = "server") -> TLSServerContext.Configuration {
        TLSServerContext.Configuration(
            certificateFile: path(name + ".pem"),
            keyFile: path(name + ".key")
        )
    }

    /// Copies the certificate and key of one name over those of another.
    func copy(_ name: String, to other: String) throws {
        for suffix in [".pem", ".key"] {
            let target = path(other + suffix)
            try? FileManager.default.removeItem(atPath: target)
            try FileManager.default.copyItem(atPath: path(name + suffix), toPath: target)
        }
    }

    private func make(_ name: String, _ arguments: [String]) throws {
        try Command.run(
            "openssl",
            [
                "req", "-x509", "-config", path("openssl.cnf"), "-days", "3650", "-nodes",
                "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                "-keyout", path(name + ".key"), "-out", path(name + ".pem"),
            ] + arguments
        )
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o600],
            ofItemAtPath: path(name + ".key")
        )
    }
}
