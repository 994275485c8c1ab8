import Daemon
import KMS
import SealedObject
import Synchronization

/// The uses of KMS keys that one request of control work makes, gathered across its tasks.
final class KeyUses: Sendable {
    private let uses = Mutex<[AuditKeyUse]>([])

    /// The uses so far, in their order.
    var all: [AuditKeyUse] { uses.withLock { $0 } }

    /// Adds a use; nothing for `nil`, as of SSE-C.
    func add(_ use: AuditKeyUse?) {
        guard let use else { return }
        uses.withLock { $0.append(use) }
    }
}

extension AuditKeyUse {
    /// The use of a KMS key through a bucket key.
    init(_ kind: Kind, _ key: BucketKey, isFromCache: Bool) {
        self.init(
            kind,
            keyID: key.keyID.name,
            keyVersion: key.keyVersion,
            isFromCache: isFromCache
        )
    }

    /// The unwrapping of an object's own data key.
    init(unwrapping key: KeyReference.WrappedDataKey, _ ring: KeyRing, isFromCache: Bool) {
        var version: UInt32?
        if case .version(let number) = ring.provider.recognize(key.wrapped) { version = number }
        self.init(
            .unwrap,
            keyID: key.kmsKeyID,
            keyVersion: version,
            isFromCache: isFromCache
        )
    }
}
