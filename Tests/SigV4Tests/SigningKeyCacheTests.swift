import Testing

@testable import SigV4

@Suite("The cache of signing keys")
struct SigningKeyCacheTests {
    static let secret: [UInt8] = Array("secret".utf8)

    private func scope(_ day: Int) -> SigV4Scope {
        SigV4Scope(date: "2026112\(day)", region: "us-east-1", service: "s3")
    }

    @Test("derives a key once")
    func once() throws {
        let cache = SigningKeyCache(countMax: 2)
        let first = try cache.key("A", scope(1), secret: Self.secret.span)
        let second = try cache.key("A", scope(1), secret: Self.secret.span)
        #expect(first === second)
        #expect(cache.count == 1)
    }

    @Test("keeps keys of credentials, days, regions and services apart")
    func apart() throws {
        let cache = SigningKeyCache(countMax: 9)
        var scopes = [scope(1), scope(2), scope(1), scope(1)]
        scopes[2].region = "eu-west-1"
        scopes[3].service = "kms"
        for scope in scopes { _ = try cache.key("A", scope, secret: Self.secret.span) }
        _ = try cache.key("B", scope(1), secret: Self.secret.span)
        #expect(cache.count == 5)
        cache.removeAll(accessKeyID: "A")
        #expect(cache.count == 1)
        cache.removeAll()
        #expect(cache.count == 0)
    }

    @Test("a secret that changed gets a key of its own")
    func changedSecret() throws {
        let cache = SigningKeyCache(countMax: 2)
        let old = try cache.key("A", scope(1), secret: Self.secret.span)
        let other = Array("sekret".utf8)
        let new = try cache.key("A", scope(1), secret: other.span)
        #expect(old !== new)
        #expect(cache.count == 1)
        let isOther = new.isDerived(from: other.span)
        let isFirst = new.isDerived(from: Self.secret.span)
        #expect(isOther)
        #expect(!isFirst)
    }

    @Test("the key unused for longest makes room")
    func bounded() throws {
        let cache = SigningKeyCache(countMax: 2)
        let first = try cache.key("A", scope(1), secret: Self.secret.span)
        _ = try cache.key("A", scope(2), secret: Self.secret.span)
        _ = try cache.key("A", scope(1), secret: Self.secret.span)
        _ = try cache.key("A", scope(3), secret: Self.secret.span)
        #expect(cache.count == 2)
        let again = try cache.key("A", scope(1), secret: Self.secret.span)
        #expect(again === first)
    }
}
