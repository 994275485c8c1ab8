import Crypto
import Encoding
import Foundation
import Testing

@testable import KMS

/// Backups of local keys.
struct LocalBackupTests {
    private let directory = TemporaryDirectory()
    private let scrypt = Scrypt(checking: 2, blockSize: 1, parallelism: 1)
    private let passphrase: String
    private let context: EncryptionContext

    init() throws {
        context = try EncryptionContext([("a", "b")])
        passphrase = "\(directory.path)/passphrase"
        #expect(try FileKeyStore.createSecret(passphrase, Array("correct horse".utf8)))
    }

    private func provider(_ name: String) async throws -> LocalKeyProvider {
        try await LocalKeyProvider.initialize(
            directory: "\(directory.path)/\(name)",
            masterKeyFile: "\(directory.path)/\(name).master",
            defaultKeyID: KeyID("of-\(name)"),
            now: { Timestamp(seconds: 1) }
        )
    }

    @Test("opens in another folder under another master key, with all versions")
    func restores() async throws {
        let old = try await provider("old")
        let id = try KeyID("of-old")
        let first = try await old.generateDataKey(under: id, context: context)
        _ = try await old.change(id, .rotate)
        let second = try await old.generateDataKey(under: id, context: context)
        let backup = try await old.backup(passphraseFile: passphrase, try #require(scrypt))
        let new = try await provider("new")
        #expect(try await new.restore(backup, passphraseFile: passphrase) == [id])
        for made in [first, second] {
            let key = try await new.decrypt(made.wrapped, under: id, context: context)
            #expect(key.isEqual(to: made.key))
        }
        #expect(try await new.describe(id).currentVersion == 2)
        await #expect(throws: KMSError.conflict(id)) {
            try await new.restore(backup, passphraseFile: passphrase)
        }
    }

    @Test("opens with its own passphrase alone, and only as it was made")
    func refuses() async throws {
        let backup = try await provider("one").backup(
            passphraseFile: passphrase,
            try #require(scrypt)
        )
        let target = try await provider("two")
        let other = "\(directory.path)/other"
        #expect(try FileKeyStore.createSecret(other, Array("another horse".utf8)))
        await #expect(throws: KMSError.self) {
            try await target.restore(backup, passphraseFile: other)
        }
        for index in stride(from: 0, to: backup.count - 1, by: 7) {
            var changed = backup
            changed[index] ^= 1
            let torn = changed
            await #expect(throws: KMSError.self) {
                try await target.restore(torn, passphraseFile: passphrase)
            }
        }
        #expect(try await target.list(limit: 10, after: nil).keys.map(\.id.name) == ["of-two"])
    }
}
