import Crypto
import Daemon
import KMS
import Logging

extension AuditSeal {
    /// What the wrapped key of a chain is bound to; no client can have a key wrapped for it.
    static func context() throws(KMSError) -> EncryptionContext {
        try EncryptionContext([("sealgate", "audit1")])
    }

    /// A seal under a new key, which the default KMS key wraps.
    ///
    /// - Throws: what the KMS fails with.
    static func make(_ ring: KeyRing) async throws(KMSError) -> AuditSeal {
        let keyID = try ring.resolve(nil)
        let made = try await ring.generateDataKey(under: keyID, context: try context())
        return AuditSeal(
            keyID: keyID.name,
            wrappedKey: made.wrapped,
            code: code(under: made.key)
        )
    }

    /// HMAC-SHA-256 over the code before a line and the line.
    static func code(under key: DataKey) -> Code {
        { previous, line in
            do throws(CryptoError) {
                return try key.withSpan { (key) throws(CryptoError) in
                    var hmac = try HMAC(.sha256, key: key)
                    hmac.update(previous.span)
                    hmac.update(line.span)
                    return hmac.finish()
                }
            } catch {
                return nil
            }
        }
    }
}

extension AuditLog {
    /// The stream that the settings name, chained under a new key of the KMS; its checkpoints go
    /// to the log, which is kept elsewhere.
    ///
    /// - Throws: what is wrong; the gateway doesn't start then.
    static func open(
        _ settings: Settings,
        _ ring: KeyRing,
        _ log: Logger
    ) async throws(GatewayStartError) -> AuditLog {
        guard let audit = AuditSettings.log(settings) else { return AuditLog() }
        let seal: AuditSeal
        do throws(KMSError) { seal = try await .make(ring) } catch {
            throw GatewayStartError("no key for the audit file", hint: error.explanation)
        }
        do throws(AuditFileError) {
            return try AuditLog(
                audit,
                seal,
                report: { checkpoint in
                    log.notice(
                        "audit checkpoint",
                        metadata: [
                            "sequence": "\(checkpoint.sequence)", "chain": "\(checkpoint.code)",
                        ]
                    )
                }
            )
        } catch {
            throw GatewayStartError(
                "audit.file: \(error.explanation)",
                hint: "the gateway's user must be able to write it, and make files beside it"
            )
        }
    }
}
