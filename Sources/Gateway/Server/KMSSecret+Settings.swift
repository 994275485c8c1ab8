import Daemon
import KMS

extension KMSSecret {
    /// A secret of the settings; one that came from a file is read from it anew.
    init(_ secret: SecretText) {
        if let file = secret.file {
            self.init(file: file, isShared: false)
        } else {
            self.init { () throws(KMSError) in secret.bytes }
        }
    }

    /// A secret in a file, read anew each time.
    init(file: String, isShared: Bool) {
        self.init { () throws(KMSError) in
            do throws(SecretFileError) {
                return try SecretText(file: file, isShared: isShared).bytes
            } catch {
                throw .misconfigured("\(file): \(error.reason)")
            }
        }
    }
}
