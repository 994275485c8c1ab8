import Transport

/// Why the store gave no usable answer.
enum StoreError: Error, Equatable, Sendable {
    /// The answer isn't what the dialect says; the reason is for the log.
    case answerInvalid(String)
    /// An answer that is longer than any the dialect has.
    case answerTooLarge
    /// The exchange failed: no connection, closed midway, deadline.
    case unreachable(HTTPClientError)
}
