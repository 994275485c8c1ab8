/// Why the store couldn't start; each with what to do about it.
public enum BackendStartError: Error, Equatable, Sendable {
    /// The data folder was written by a later version, or isn't a store's.
    case dataFormatUnknown(path: String)
    /// The data folder holds bodies and no index.
    case dataIndexMissing(path: String)
    /// Another process has the data folder.
    case dataLocked(path: String)
    /// Others than the owner may look into the data folder; the last nine bits of its mode.
    case dataModeTooOpen(path: String, mode: UInt32)
    /// The data folder or the index in it can't be used; the reason in words.
    case dataUnusable(path: String, reason: String)
    /// An entry of `peer_uids` isn't a user's number.
    case peerUserIDInvalid(String)
    /// The socket can't be listened on; the reason in words.
    case socketUnusable(path: String, reason: String)

    /// What is wrong, for a line that begins with `error:`.
    public var message: String {
        switch self {
        case .dataFormatUnknown(let path):
            "\(path) was not written by this version of sealgate-store"
        case .dataIndexMissing(let path): "\(path) holds bodies, but no index.sqlite"
        case .dataLocked(let path): "\(path) is in use by another process"
        case .dataModeTooOpen(let path, let mode):
            "\(path) has mode 0\(String(mode, radix: 8)), open to other users"
        case .dataUnusable(let path, let reason): "can't use \(path): \(reason)"
        case .peerUserIDInvalid(let text): "peer_uids: \(text) is not a user id"
        case .socketUnusable(let path, let reason): "can't listen on \(path): \(reason)"
        }
    }

    /// What to do, for a line that begins with `hint:`.
    public var hint: String {
        switch self {
        case .dataFormatUnknown: "give an empty folder, or the program that wrote this one"
        case .dataIndexMissing: "put index.sqlite back, from a backup of this folder"
        case .dataLocked: "stop the other sealgate-store, or give this one a folder of its own"
        case .dataModeTooOpen(let path, _): "run: chmod 700 \(path)"
        case .dataUnusable: "the folder's parent must exist and its owner must run the store"
        case .peerUserIDInvalid: "give numbers, as `id -u sealgate` prints them"
        case .socketUnusable: "the socket's folder must exist and be writable for the store's user"
        }
    }

    /// The exit code of the process.
    public var exitCode: Int32 {
        switch self {
        case .peerUserIDInvalid: 2
        case .dataFormatUnknown, .dataIndexMissing, .dataLocked, .dataModeTooOpen,
            .dataUnusable:
            3
        case .socketUnusable: 4
        }
    }

    init(_ refusal: DataFolder.Refusal) {
        switch refusal {
        case .locked(let path): self = .dataLocked(path: path)
        case .modeTooOpen(let path, let mode): self = .dataModeTooOpen(path: path, mode: mode)
        case .formatUnknown(let path): self = .dataFormatUnknown(path: path)
        case .indexMissing(let path): self = .dataIndexMissing(path: path)
        case .unusable(let path, let reason): self = .dataUnusable(path: path, reason: reason)
        }
    }
}
