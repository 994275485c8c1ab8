internal import Encoding

/// An answer of AWS KMS, and what it means.
struct AWSReply {
    let status: Int
    let document: JSONValue
    /// The exception's name without its namespace; empty for a success or no exception.
    let exception: String
    /// What it says went wrong, at most 200 characters of printable ASCII.
    let problem: String

    init(_ reply: KMSReply) {
        status = reply.status
        document = (try? JSONValue(reading: reply.body)) ?? nil
        let type = document["__type"]?.string ?? ""
        exception = type.split(separator: "#").last.map { String($0) } ?? ""
        problem = (document["message"] ?? document["Message"])?.string?.printable ?? ""
    }

    /// Nothing for a success.
    ///
    /// - Throws: what the answer says went wrong with `id`.
    func requireSuccess(_ id: KeyID?) throws(KMSError) {
        if !(200..<300).contains(status) { throw failure(id) }
    }

    /// What an answer that is no success means.
    ///
    /// Source: AWS KMS API Reference, "Common errors" and those of each operation.
    func failure(_ id: KeyID?) -> KMSError {
        if let id, let known = keyFailure(id) { return known }
        return switch exception {
        case "IncorrectKeyException", "InvalidCiphertextException": .ciphertextInvalid
        case "LimitExceededException": .limitExceeded(problem)
        case "ThrottlingException": .overloaded
        case "UnsupportedOperationException": .notSupported
        case "AccessDeniedException", "ExpiredTokenException", "IncompleteSignature",
            "InvalidClientTokenId", "InvalidSignatureException", "MissingAuthenticationToken",
            "UnrecognizedClientException":
            .accessDenied
        case "DependencyTimeoutException", "KMSInternalException", "KeyUnavailableException":
            .unreachable(exception)
        default: status >= 500 ? .unreachable(summary) : rest
        }
    }

    private func keyFailure(_ id: KeyID) -> KMSError? {
        switch exception {
        case "AlreadyExistsException": .conflict(id)
        case "DisabledException": .keyDisabled(id)
        case "InvalidAliasNameException": .invalidKeyID(id.name)
        case "KMSInvalidStateException": .keyPendingDeletion(id)
        case "NotFoundException": .keyNotFound(id)
        default: nil
        }
    }

    private var rest: KMSError { status == 403 ? .accessDenied : .misconfigured(summary) }

    private var summary: String {
        "status \(status) \(exception.printable)" + (problem.isEmpty ? "" : ": \(problem)")
    }

    func text(_ name: String) throws(KMSError) -> String {
        guard let text = document[name]?.string else {
            throw .unreachable("the answer lacks \(name)")
        }
        return text
    }

    /// A wrapped key, out of base64.
    func wrapped() throws(KMSError) -> [UInt8] {
        guard let bytes = Base64.decode(try text("CiphertextBlob")), !bytes.isEmpty else {
            throw .unreachable("the answer lacks CiphertextBlob")
        }
        return bytes
    }

    /// The data key in `Plaintext`.
    func dataKey() throws(KMSError) -> DataKey { try DataKey(base64: try text("Plaintext")) }
}
