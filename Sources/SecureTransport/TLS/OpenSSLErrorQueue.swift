internal import COpenSSL

/// OpenSSL's queue of errors, one a thread: emptied after every failure, so that no later call is
/// blamed for it.
enum OpenSSLErrorQueue {
    /// Forgets what is queued, as SSL_get_error wants before a call.
    static func clear() { ERR_clear_error() }

    /// Empties the queue and says what stood in it, the first error first; reasons are constants
    /// of OpenSSL, so no data is in them.
    static func drain() -> String {
        var reasons: [String] = []
        while true {
            let code = ERR_get_error()
            guard code != 0 else { break }
            guard let reason = unsafe ERR_reason_error_string(code) else { continue }
            let text = unsafe String(cString: reason)
            if reasons.count < 4, !reasons.contains(text) { reasons.append(text) }
        }
        return reasons.isEmpty ? "no reason given" : reasons.joined(separator: "; ")
    }
}
