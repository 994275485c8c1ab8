import S3Wire
import SealedObject

/// Why a tool that works without the gateway can't do what it was asked.
public enum OfflineError: Error, Equatable, Sendable {
    /// The object isn't what was sealed, and why.
    case broken(String)
    /// The object was written while it was read.
    case changed
    /// The file holds no customer's key.
    case customerKeyInvalid(path: String)
    /// The plaintext can't be written, and why.
    case outputFailed(String)
    /// There is no such bucket.
    case noSuchBucket(String)
    /// There is no such object.
    case noSuchKey(String)
    /// The key can't be had, and why.
    case refused(String)
    /// The store doesn't answer, or not as it must.
    case storeFailed

    /// What is wrong, in one line without a stop.
    public var problem: String {
        switch self {
        case .broken(let reason): reason
        case .changed: "the object was written while it was read"
        case .customerKeyInvalid(let path): "\(path) holds no customer's key, or can't be read"
        case .outputFailed(let reason): "the plaintext can't be written: \(reason)"
        case .noSuchBucket(let name): "the store has no bucket \(name)"
        case .noSuchKey(let key): "there is no object \(key)"
        case .refused(let reason): "its key can't be had: \(reason)"
        case .storeFailed: "the store doesn't answer as it must"
        }
    }

    /// What to do about it; `nil` where the problem says it.
    public var hint: String? {
        switch self {
        case .changed: "try again"
        case .customerKeyInvalid: "it is a file of 32 bytes, or their base64"
        case .noSuchBucket, .noSuchKey: "names are those that clients use"
        case .storeFailed: "start sealgate-store on the folder, and check backend.* in the settings"
        case .broken, .outputFailed, .refused: nil
        }
    }

    init(_ error: SealedObjectError) { self = .broken(ObjectFault.sealBroken(error).reason) }

    init(_ failure: ReadFailure) {
        switch failure {
        case .broken(let fault): self = .broken(fault.reason)
        case .refused(let error): self = .refused("\(error.code.rawValue): \(error.message)")
        }
    }

    init(_ failure: PartTableFetch.Failure) {
        switch failure {
        case .broken(let fault): self = .broken(fault.reason)
        case .changed: self = .changed
        case .refused: self = .storeFailed
        }
    }
}
