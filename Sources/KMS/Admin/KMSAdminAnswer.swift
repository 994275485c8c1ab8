public import Encoding

/// What an operation of the KMS admin API answers.
public struct KMSAdminAnswer: Equatable, Sendable {
    /// The HTTP status.
    public var status: Int
    /// The JSON body; empty with status 204.
    public var body: [UInt8]

    /// An answer with a JSON body.
    public init(status: Int = 200, _ value: JSONValue) {
        self.status = status
        body = value.encode()
    }

    /// 204 without a body.
    static let noContent: KMSAdminAnswer = {
        var answer = KMSAdminAnswer(status: 204, nil)
        answer.body = []
        return answer
    }()
}

/// Why an operation of the KMS admin API was refused.
public struct KMSAdminError: Error, Equatable, Sendable {
    /// The HTTP status.
    public var status: Int
    /// The error's code.
    public var code: String
    /// What went wrong and what to do, for the person who asked.
    public var message: String

    var answer: KMSAdminAnswer {
        KMSAdminAnswer(
            status: status,
            ["code": .string(code), "message": .string(message)]
        )
    }

    /// 400.
    public static func invalidRequest(_ message: String) -> KMSAdminError {
        KMSAdminError(status: 400, code: "InvalidRequest", message: message)
    }

    /// 409.
    public static func conflict(_ message: String) -> KMSAdminError {
        KMSAdminError(status: 409, code: "Conflict", message: message)
    }

    /// 404.
    public static func notFound(_ message: String) -> KMSAdminError {
        KMSAdminError(status: 404, code: "NotFound", message: message)
    }

    /// 501.
    public static func notImplemented(_ message: String) -> KMSAdminError {
        KMSAdminError(status: 501, code: "NotImplemented", message: message)
    }

    /// The answer to a failure of keys or provider.
    public init(_ error: KMSError) {
        (status, code, message) = Self.parts(error)
    }

    init(status: Int, code: String, message: String) {
        self.status = status
        self.code = code
        self.message = message
    }

    private static func parts(_ error: KMSError) -> (Int, String, String) {
        switch error {
        case .accessDenied, .conflict, .contextInvalid, .invalidKeyID, .keyDisabled, .keyNotFound,
            .keyPendingDeletion, .limitExceeded, .notSupported:
            requestParts(error)
        case .cancelled, .ciphertextInvalid, .cryptographyFailed, .keyUnreadable, .leftAlone,
            .misconfigured, .notConfigured, .overloaded, .recordInvalid, .recordMissing, .sealed,
            .stateUnsafe, .stopped, .storeUnavailable, .timedOut, .unreachable:
            (500, "InternalError", error.explanation)
        }
    }

    private static func requestParts(_ error: KMSError) -> (Int, String, String) {
        switch error {
        case .accessDenied: (403, "AccessDenied", error.explanation)
        case .keyNotFound: (404, "NotFound", error.explanation)
        case .conflict, .keyDisabled, .keyPendingDeletion: (409, "Conflict", error.explanation)
        case .notSupported: (501, "NotImplemented", error.explanation)
        default: (400, "InvalidRequest", error.explanation)
        }
    }
}

extension KMSError {
    /// What went wrong and what to do about it, for administrators and logs; never a secret.
    public var explanation: String {
        switch self {
        case .accessDenied: "the KMS refuses access; check Sealgate's credential and its policy"
        case .cancelled: "the request was cancelled"
        case .ciphertextInvalid: "a wrapped key does not open under this key and context"
        case .conflict(let id): "a key named \(id) exists; choose another KeyId"
        case .contextInvalid:
            "the encryption context must be an object of strings, at most 8192 bytes"
        case .cryptographyFailed:
            "cryptography failed; check the limit of locked memory (ulimit -l) and OpenSSL"
        case .invalidKeyID(let name): "\(name) is no name for a key; use A-Z a-z 0-9 . _ -"
        case .keyDisabled(let id): "key \(id) is disabled; POST /kms/keys/enable enables it"
        case .keyNotFound(let id): "no key named \(id); GET /kms/keys lists the keys there are"
        case .keyPendingDeletion(let id):
            "key \(id) waits for its deletion; POST /kms/keys/cancel-deletion keeps it"
        case .keyUnreadable(let id): "the file of key \(id) is damaged; restore it from a backup"
        case .leftAlone(let reason): "the KMS isn't asked for a moment, after this: \(reason)"
        case .limitExceeded(let limit): "over the limit: \(limit)"
        case .misconfigured(let reason): "the KMS or its settings are wrong: \(reason)"
        case .notConfigured: "no KMS or no default key is configured; set default_key_id"
        case .notSupported: "this KMS can't do that"
        case .overloaded: "too many calls wait for the KMS; check GET /kms/status"
        case .recordInvalid(let name): "key record is damaged or misplaced: \(name)"
        case .recordMissing(let name): "key record is missing: \(name)"
        case .sealed: "the KMS is sealed; unseal it"
        case .stateUnsafe(let remedy): remedy
        case .stopped: "the KMS is stopped; POST /kms/start starts it"
        case .storeUnavailable: "the store that keeps key records does not answer"
        case .timedOut: "the KMS did not answer in time; check GET /kms/status"
        case .unreachable(let reason): "the KMS can't be reached: \(reason)"
        }
    }
}
