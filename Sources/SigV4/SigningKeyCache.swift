internal import Crypto

/// Signing keys derived from secret access keys, which costs four HMACs each.
///
/// Not for more than one thread at a time: one for each event loop, or behind a lock. A key is used
/// only for the very secret that it was derived from, so that a credential whose secret changes
/// needs no word to the cache.
public final class SigningKeyCache {
    private struct Owner: Hashable {
        var accessKeyID: String
        var scope: SigV4Scope
    }

    private struct Entry {
        var key: SigningKey
        var lastUse: UInt64
    }

    /// How many keys are kept, at most; the one unused for longest makes room.
    public let countMax: Int

    private var entries: [Owner: Entry] = [:]
    private var useCount: UInt64 = 0

    /// A cache of at most `countMax` keys, 1 or more.
    public init(countMax: Int) { self.countMax = max(1, countMax) }

    /// How many keys are kept.
    public var count: Int { entries.count }

    /// Forgets every key of a credential; its memory is wiped.
    public func removeAll(accessKeyID: String) {
        entries = entries.filter { $0.key.accessKeyID != accessKeyID }
    }

    /// Forgets every key; the memory is wiped.
    public func removeAll() { entries = [:] }

    func key(
        _ accessKeyID: String,
        _ scope: SigV4Scope,
        secret: Span<UInt8>
    ) throws(SigV4Error) -> SigningKey {
        useCount &+= 1
        let owner = Owner(accessKeyID: accessKeyID, scope: scope)
        if let index = entries.index(forKey: owner) {
            let key = entries.values[index].key
            if key.isDerived(from: secret) {
                entries.values[index].lastUse = useCount
                return key
            }
        }
        let key: SigningKey
        do throws(CryptoError) {
            key = try SigningKey(scope: scope, secret: secret)
        } catch {
            throw .cryptoFailed(error)
        }
        if entries.count >= countMax, entries[owner] == nil,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
        {
            entries.removeValue(forKey: oldest.key)
        }
        entries[owner] = Entry(key: key, lastUse: useCount)
        return key
    }
}
