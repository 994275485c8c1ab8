import Crypto
import Glibc
import Testing

@testable import KMS

struct LocalKeyProviderTests {
    private let directory = TemporaryDirectory()
    private let clock = ManualClock()
    private let id: KeyID
    private let master: String

    init() throws {
        id = try KeyID("default")
        master = "\(directory.path)/master"
    }

    private func start() async throws -> LocalKeyProvider {
        let clock = clock
        return try await LocalKeyProvider.initialize(
            directory: "\(directory.path)/keys",
            masterKeyFile: master,
            defaultKeyID: id,
            now: { clock.now }
        )
    }

    private func open(
        _ source: MasterKeySource? = nil,
        isReadOnly: Bool = false,
        dies: (@Sendable (FileWriteStep) -> Bool)? = nil
    ) async throws -> LocalKeyProvider {
        let clock = clock
        var settings = LocalKeySettings(
            directory: "\(directory.path)/keys",
            master: source ?? .keyFile(master)
        )
        settings.isReadOnly = isReadOnly
        return try await LocalKeyProvider.open(settings, now: { clock.now }, dies: dies)
    }

    /// The text of the `stateUnsafe` that `body` throws.
    private func refusal(_ body: () async throws -> Void) async -> String {
        do { try await body() } catch KMSError.stateUnsafe(let text) { return text } catch {
            return "another error: \(error)"
        }
        return "no error"
    }

    @Test("makes directory, master key and default key with safe modes, and only once")
    func initialize() async throws {
        let wrapped = try await start().generateDataKey(under: id, context: .empty)
        #expect(directory.mode("keys") == 0o700)
        #expect(directory.mode("master") == 0o600)
        #expect(directory.names("keys") == ["default.key", "master.check"])
        #expect(directory.mode("keys/default.key") == 0o600)
        let before = directory.read("keys/default.key")
        let again = try await start()
        #expect(directory.read("keys/default.key") == before)
        let key = try await again.decrypt(wrapped.wrapped, under: id, context: .empty)
        #expect(key.isEqual(to: wrapped.key))
    }

    @Test("keeps no key in the clear in any file")
    func sealedFiles() async throws {
        let provider = try await start()
        let key = try await provider.create(KeyCreation(description: "seen", tags: []))
        let text = String(decoding: directory.read("keys/\(key.id).key"), as: UTF8.self)
        #expect(text.contains("\"seen\""))
        #expect(key.id.name.utf8.count == 36)
        #expect(Array(key.id.name.utf8)[14] == UInt8(ascii: "4"))
    }

    @Test("keeps keys, versions, states and labels over a restart")
    func restart() async throws {
        var provider: LocalKeyProvider? = try await start()
        let old = try await provider?.generateDataKey(under: id, context: .empty)
        _ = try await provider?.change(id, .rotate)
        _ = try await provider?.change(id, .tag([KeyTag("a", "1")]))
        _ = try await provider?.change(id, .description("é\"\\\n"))
        let metadata = try await provider?.describe(id)
        let other = try KeyID("other")
        _ = try await provider?.create(KeyCreation(id: other))
        _ = try await provider?.change(other, .scheduleDeletion(clock.now))
        provider = nil
        let again = try await open()
        #expect(try await again.describe(id) == metadata)
        #expect(try await again.describe(other).state == .pendingDeletion(clock.now))
        let wrapped = try #require(old)
        let key = try await again.decrypt(wrapped.wrapped, under: id, context: .empty)
        #expect(key.isEqual(to: wrapped.key))
    }

    @Test("refuses a directory that others can enter, and says how to close it")
    func directoryMode() async throws {
        _ = try await start()
        chmod("\(directory.path)/keys", 0o750)
        let text = await refusal { _ = try await open() }
        #expect(text.hasSuffix("/keys has mode 0750; run: chmod 700 \(directory.path)/keys"))
    }

    @Test(
        "refuses files that others can read",
        arguments: ["keys/default.key", "keys/master.check", "master"]
    )
    func fileMode(name: String) async throws {
        _ = try await start()
        chmod("\(directory.path)/\(name)", 0o640)
        let text = await refusal { _ = try await open() }
        #expect(text.hasSuffix("has mode 0640; run: chmod 600 \(directory.path)/\(name)"))
    }

    @Test("refuses a symbolic link, a folder and a pipe in place of a key file")
    func fileKinds() async throws {
        _ = try await start()
        let path = "\(directory.path)/keys/x.key"
        symlink("\(directory.path)/keys/default.key", path)
        #expect(await refusal { _ = try await open() }.hasSuffix("a symbolic link"))
        unlink(path)
        mkdir(path, 0o700)
        #expect(await refusal { _ = try await open() }.hasSuffix("is no regular file"))
        rmdir(path)
        mkfifo(path, 0o600)
        #expect(await refusal { _ = try await open() }.hasSuffix("is no regular file"))
    }

    @Test("says at once that the master key is another")
    func wrongMaster() async throws {
        _ = try await start()
        directory.write("other", "\(Base64Text.counting)\n".utf8)
        let text = await refusal { _ = try await open(.keyFile("\(directory.path)/other")) }
        #expect(text.hasPrefix("the master key isn't the one that sealed"))
    }

    @Test("says at once that the master key is lost")
    func lostMaster() async throws {
        _ = try await start()
        unlink(master)
        #expect(await refusal { _ = try await start() }.hasSuffix("no such file or directory"))
    }

    @Test("says at once that the check file is lost or damaged")
    func lostCheck() async throws {
        _ = try await start()
        let bytes = directory.read("keys/master.check")
        directory.write("keys/master.check", bytes.dropLast(20))
        #expect(await refusal { _ = try await open() }.contains("is damaged"))
        unlink("\(directory.path)/keys/master.check")
        #expect(await refusal { _ = try await open() }.contains("is missing beside key files"))
    }

    @Test(
        "refuses a master key that is blank, short, long, zero, one byte repeated or no base64",
        arguments: [
            "", "\n", "AAAA", Base64Text.zeros, Base64Text.sevens, Base64Text.counting + "AAAA",
            Base64Text.counting + "\n\n", " " + Base64Text.counting,
        ]
    )
    func trivialMaster(text: String) async throws {
        directory.write("master", text.utf8)
        #expect(await refusal { _ = try await open() }.contains("openssl rand -base64 32"))
        #expect(throws: KMSError.self) {
            guard case .key(let key) = try MasterKeySource.decode(text) else { return }
            _ = try MasterKey(key)
        }
    }

    @Test("takes the master key out of a setting")
    func masterFromSetting() async throws {
        let source = try MasterKeySource.decode(Base64Text.counting)
        _ = try await open(source).create(KeyCreation(id: id))
        _ = try await open(source).describe(id)
    }

    @Test("makes the master key of a passphrase, and knows a wrong one")
    func passphrase() async throws {
        directory.write("words", "correct horse battery\n".utf8)
        directory.write("wrong", "correct horse batterz\n".utf8)
        directory.write("short", "short\n".utf8)
        let clock = clock
        func open(_ name: String) async throws -> LocalKeyProvider {
            var settings = LocalKeySettings(
                directory: "\(directory.path)/keys",
                master: .passphraseFile("\(directory.path)/\(name)")
            )
            settings.scrypt = try #require(
                Scrypt(checking: 1024, blockSize: 8, parallelism: 1)
            )
            return try await LocalKeyProvider.open(settings) { clock.now }
        }
        #expect(await refusal { _ = try await open("short") }.contains("12 characters"))
        _ = try await open("words").create(KeyCreation(id: id))
        _ = try await open("words").describe(id)
        #expect(await refusal { _ = try await open("wrong") }.hasPrefix("the master key isn't"))
        directory.write("master", Base64Text.counting.utf8)
        #expect(await refusal { _ = try await self.open() }.contains("set passphrase_file"))
    }

    @Test("lists a torn or changed key file apart and never makes it anew")
    func damage() async throws {
        var provider: LocalKeyProvider? = try await start()
        let other = try KeyID("other")
        _ = try await provider?.create(KeyCreation(id: other))
        provider = nil
        let whole = directory.read("keys/other.key")
        var broken = stride(from: 0, to: whole.count - 1, by: 61).map { Array(whole[..<$0]) }
        for index in stride(from: 0, to: whole.count - 1, by: 37) {
            var changed = whole
            changed[index] ^= 1
            broken.append(changed)
        }
        for bytes in broken {
            directory.write("keys/other.key", bytes)
            let provider = try await open()
            let page = try await provider.list(limit: 10, after: nil)
            #expect(page.keys.map(\.id) == [id])
            #expect(page.unreadable == ["other"])
            await #expect(throws: KMSError.keyUnreadable(other)) {
                try await provider.describe(other)
            }
            await #expect(throws: KMSError.conflict(other)) {
                try await provider.create(KeyCreation(id: other))
            }
        }
        #expect(broken.count > 15)
    }

    @Test("refuses a key file under another key's name")
    func swappedFile() async throws {
        _ = try await start()
        directory.write("keys/other.key", directory.read("keys/default.key"))
        #expect(try await open().list(limit: 10, after: nil).unreadable == ["other"])
    }

    @Test("has the old key or the new after a crash at any step", arguments: FileWriteStep.allCases)
    func crash(step: FileWriteStep) async throws {
        _ = try await start()
        let other = try KeyID("other")
        let dying = try await open(dies: { $0 == step })
        await #expect(throws: KMSError.self) { try await dying.create(KeyCreation(id: other)) }
        await #expect(throws: KMSError.keyNotFound(other)) { try await dying.describe(other) }
        await #expect(throws: KMSError.self) { try await dying.change(id, .rotate) }
        #expect(try await dying.describe(id).currentVersion == 1)
        #expect(directory.names("keys").contains { $0.hasPrefix(".tmp-") })
    }

    @Test("sweeps a crashed write's file away at the next start", arguments: FileWriteStep.allCases)
    func restartAfterCrash(step: FileWriteStep) async throws {
        _ = try await start()
        var dying: LocalKeyProvider? = try await open(dies: { $0 == step })
        let other = try KeyID("other")
        _ = try? await dying?.create(KeyCreation(id: other))
        _ = try? await dying?.change(id, .rotate)
        dying = nil
        let provider = try await open()
        let isNamed = step == .named
        let page = try await provider.list(limit: 10, after: nil)
        #expect(page.keys.map(\.id) == (isNamed ? [id, other] : [id]))
        #expect(page.unreadable.isEmpty)
        #expect(try await provider.describe(id).currentVersion == (isNamed ? 2 : 1))
        #expect(!directory.names("keys").contains { $0.hasPrefix(".tmp-") })
    }

    @Test("lets one process at a time into a directory")
    func lock() async throws {
        let provider = try await start()
        #expect(await refusal { _ = try await open() }.contains("in use by another process"))
        _ = try await provider.describe(id)
    }

    @Test("one that only reads opens beside the one that writes, and changes nothing")
    func readOnly() async throws {
        await #expect(throws: KMSError.self) { try await open(isReadOnly: true) }
        #expect(directory.names("").isEmpty)
        let provider = try await start()
        let generated = try await provider.generateDataKey(under: id, context: .empty)
        let before = directory.names("keys").sorted()
        let reader = try await open(isReadOnly: true)
        let key = try await reader.decrypt(generated.wrapped, under: id, context: .empty)
        #expect(key.isEqual(to: generated.key))
        let other = try KeyID("other")
        #expect(
            await refusal { _ = try await reader.create(KeyCreation(id: other)) }
                .contains("read only")
        )
        #expect(directory.names("keys").sorted() == before)
    }

    @Test(
        "refuses names that would lead elsewhere or hide",
        arguments: ["../x", "a/b", ".hidden", "a:b", String(repeating: "x", count: 129)]
    )
    func fileNames(name: String) async throws {
        let provider = try await start()
        await #expect(throws: KMSError.invalidKeyID(name)) {
            try await provider.create(KeyCreation(id: KeyID(name)))
        }
    }
}

/// Master keys as base64.
enum Base64Text {
    /// 32 zeros.
    static let zeros = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    /// 32 times 0x07.
    static let sevens = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc="
    /// 0x00 to 0x1f.
    static let counting = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
}
