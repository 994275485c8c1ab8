import Foundation
import TestSupport
import Testing

@testable import SecureTransport

@Suite struct TLSServerContextTests {
    let certificates: TestCertificates

    init() throws { certificates = try TestCertificates.shared.get() }

    @Test func `reload serves the new certificate and leaves old connections alone`() throws {
        try certificates.copy("server", to: "rolling")
        let context = try TLSServerContext(certificates.server("rolling"))
        let oldFingerprint = context.certificateFingerprint
        let server = try TLSServerFixture(context)
        let client = try OpenSSLPeer()
        server.exchange(with: client)
        #expect(client.serverFingerprint == oldFingerprint)

        try certificates.copy("renewed", to: "rolling")
        try context.reload()
        #expect(context.certificateFingerprint != oldFingerprint)
        client.write([1, 2, 3])
        server.exchange(with: client)
        #expect(server.collector.bytes == [1, 2, 3])
        let next = try OpenSSLPeer()
        try TLSServerFixture(context).exchange(with: next)
        #expect(next.serverFingerprint == context.certificateFingerprint)
    }

    @Test func `a reload that fails keeps what was in use and says why`() throws {
        try certificates.copy("server", to: "failing")
        let context = try TLSServerContext(certificates.server("failing"))
        let fingerprint = context.certificateFingerprint
        let keyPath = certificates.path("failing.key")
        try FileManager.default.removeItem(atPath: keyPath)
        try FileManager.default.copyItem(atPath: certificates.path("client.key"), toPath: keyPath)
        let mismatch = TLSError.keyMismatch(
            certificatePath: certificates.path("failing.pem"),
            keyPath: keyPath
        )
        #expect(throws: mismatch) { try context.reload() }
        #expect(context.certificateFingerprint == fingerprint)
        let client = try OpenSSLPeer()
        try TLSServerFixture(context).exchange(with: client)
        #expect(client.serverFingerprint == fingerprint)
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o777])
    func `a key that others may read or change is refused with the remedy`(mode: Int) throws {
        let name = "exposed\(mode)"
        try certificates.copy("server", to: name)
        let path = certificates.path(name + ".key")
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        let error = #expect(throws: TLSError.keyFileExposed(path: path, mode: UInt32(mode))) {
            try TLSServerContext(certificates.server(name))
        }
        #expect(error?.description.contains("chmod 600 '\(path)'") == true)
        #expect(error?.description.contains("mode 0" + String(mode, radix: 8)) == true)
    }

    @Test func `missing and broken files are named`() throws {
        var configuration = certificates.server()
        configuration.certificateFile = certificates.path("absent.pem")
        #expect { try TLSServerContext(configuration) } throws: { error in
            guard case TLSError.certificateUnreadable(let path, _) = error else { return false }
            return path == configuration.certificateFile
        }
        configuration = certificates.server()
        configuration.keyFile = certificates.path("absent.key")
        #expect(
            throws: TLSError.keyUnreadable(
                path: configuration.keyFile,
                reason: "No such file or directory"
            )
        ) { try TLSServerContext(configuration) }
        configuration = certificates.server()
        configuration.clientCertificate = .required
        configuration.clientCAFile = certificates.path("openssl.cnf")
        #expect { try TLSServerContext(configuration) } throws: { error in
            guard case TLSError.authoritiesUnreadable(let path, _) = error else { return false }
            return path == configuration.clientCAFile
        }
    }

    @Test func `an encrypted key is refused without asking for its passphrase`() throws {
        try certificates.copy("server", to: "encrypted")
        let path = certificates.path("encrypted.key")
        try Command.run(
            "openssl",
            [
                "pkcs8", "-topk8", "-in", certificates.path("server.key"), "-out", path,
                "-passout", "pass:secret",
            ]
        )
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect { try TLSServerContext(certificates.server("encrypted")) } throws: { error in
            guard case TLSError.keyUnreadable(path, _) = error else { return false }
            return true
        }
    }

    @Test func `fingerprint and end of validity are the certificate's`() throws {
        let context = try TLSServerContext(certificates.server())
        let printed = try Command.run(
            "openssl",
            [
                "x509", "-in", certificates.path("server.pem"), "-noout", "-fingerprint",
                "-sha256",
            ]
        )
        let digits = printed.split(separator: "=").last?.filter(\.isHexDigit).lowercased()
        #expect(context.certificateFingerprint == digits)
        let days = (Double(context.certificateNotAfter.seconds) - Date().timeIntervalSince1970)
        #expect((3649 * 86_400.0...3651 * 86_400.0).contains(days))
    }
}
