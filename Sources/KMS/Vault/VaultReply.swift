internal import Encoding

/// An answer of Vault or OpenBao, and what it means.
struct VaultReply {
    let status: Int
    /// The answer's `data`, or `auth` of a login; `nil` where there is none.
    let data: JSONValue?
    let auth: JSONValue?
    /// What it says went wrong, at most 200 characters of printable ASCII.
    let problem: String

    init(_ reply: KMSReply) {
        status = reply.status
        let document = try? JSONValue(reading: reply.body)
        data = document?["data"].flatMap { $0 == .null ? nil : $0 }
        auth = document?["auth"].flatMap { $0 == .null ? nil : $0 }
        let errors = document?["errors"]?.array ?? []
        let text = errors.compactMap { $0.string }.joined(separator: "; ")
        problem = text.printable
    }

    var isSuccess: Bool { (200..<300).contains(status) }

    /// Nothing for a success.
    ///
    /// - Parameter id: the key that was asked for.
    /// - Throws: what the answer says went wrong.
    func requireSuccess(_ id: KeyID? = nil) throws(KMSError) {
        if !isSuccess { throw failure(id) }
    }

    /// What an answer that is no success means.
    ///
    /// Vault has no codes, so what is known of 400 is told apart by its words; all others are the
    /// settings' fault and not tried again.
    func failure(_ id: KeyID?) -> KMSError {
        if let id, let known = keyFailure(id) { return known }
        switch status {
        case 403: return .accessDenied
        case 429: return .overloaded
        case 503 where problem.contains("sealed"): return .sealed
        case 412, 472, 473, 500...599: return .unreachable(summary)
        default: return .misconfigured(summary)
        }
    }

    private func keyFailure(_ id: KeyID) -> KMSError? {
        // A rotation of a soft-deleted key is 500, its use 400.
        if problem.contains("soft-deleted key") { return .keyDisabled(id) }
        if status == 404, problem.isEmpty { return .keyNotFound(id) }
        guard status == 400 else { return nil }
        if problem.contains("encryption key not found") { return .keyNotFound(id) }
        let isBroken = Self.brokenCiphertext.contains { problem.contains($0) }
        return isBroken ? .ciphertextInvalid : nil
    }

    private static let brokenCiphertext = [
        "message authentication failed", "invalid ciphertext",
        "ciphertext or signature version is disallowed by policy",
    ]

    private var summary: String {
        "status \(status)" + (problem.isEmpty ? "" : ": \(problem)")
    }

    /// A member of `data` that must be there.
    ///
    /// - Throws: `.unreachable`: an answer that is none.
    func text(_ name: String) throws(KMSError) -> String {
        guard let text = data?[name]?.string else { throw Self.incomplete(name) }
        return text
    }

    func number(_ name: String) throws(KMSError) -> Int64 {
        guard let number = data?[name]?.integer else { throw Self.incomplete(name) }
        return number
    }

    func version(_ name: String) throws(KMSError) -> UInt32 {
        guard let version = UInt32(exactly: try number(name)), version > 0 else {
            throw Self.incomplete(name)
        }
        return version
    }

    /// The data key in `plaintext`.
    func dataKey() throws(KMSError) -> DataKey {
        try DataKey(base64: try text("plaintext"))
    }

    static func incomplete(_ name: String) -> KMSError {
        .unreachable("the answer lacks \(name)")
    }
}
