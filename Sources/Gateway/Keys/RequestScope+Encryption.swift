import Crypto
import S3Wire
import SealedObject
import SigV4
import Transport

extension RequestScope {
    /// How the request came: S3 clients have TLS only.
    var transport: SSETransport {
        SSETransport(
            isSecure: exchange.peer.isSecure,
            isSignatureVersion4: sender?.identity.isVersion4 ?? false
        )
    }
}

extension CustomerKeyHolder {
    /// Moves a request's key into locked memory.
    convenience init(_ key: borrowing CustomerKey) throws(S3Error) {
        let bytes: SecretBytes
        do throws(CryptoError) {
            bytes = try key.withBytes { span throws(CryptoError) in try SecretBytes(copying: span) }
        } catch {
            throw S3Error(.slowDown)
        }
        self.init(bytes, md5: key.digest)
    }

    /// A request's key in locked memory; `nil` where it brought none.
    static func of(_ key: borrowing CustomerKey?) throws(S3Error) -> CustomerKeyHolder? {
        switch key {
        case .none: nil
        case .some(let key): try CustomerKeyHolder(key)
        }
    }
}

extension Envelope {
    /// The mode in S3's terms.
    var sseMode: SSEMode { mode.sseMode }
}
