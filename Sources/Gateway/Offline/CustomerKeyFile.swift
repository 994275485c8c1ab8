import Crypto
import Encoding
import Foundation

/// The key of SSE-C objects in a file, for tools.
public struct CustomerKeyFile: Sendable {
    let key: CustomerKeyHolder

    /// Reads a file of 32 bytes, or of their base64.
    ///
    /// - Throws: `.customerKeyInvalid`.
    public init(path: String) throws(OfflineError) {
        guard let data = FileManager.default.contents(atPath: path), data.count <= 100 else {
            throw .customerKeyInvalid(path: path)
        }
        var bytes = Array(data)
        if bytes.count != 32 {
            let text = String(decoding: bytes, as: UTF8.self)
            bytes = Base64.decode(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? []
        }
        guard bytes.count == 32, let secret = try? SecretBytes(copying: bytes.span) else {
            throw .customerKeyInvalid(path: path)
        }
        // No answer names it.
        key = CustomerKeyHolder(secret, md5: "")
    }
}
