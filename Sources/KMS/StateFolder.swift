/// A folder of few small files that the gateway keeps for itself: mode 0700, files 0600, written
/// whole and read back, used by one process at a time.
public final class StateFolder: Sendable {
    private let files: FileKeyStore
    private let thread = FileThread()

    /// Opens a folder, and makes it where there is none.
    ///
    /// - Parameters:
    ///   - path: the folder; its parent exists.
    ///   - isReadOnly: makes and locks nothing, beside the process that writes.
    /// - Throws: `.stateUnsafe` with the remedy.
    public init(path: String, isReadOnly: Bool = false) throws(KMSError) {
        files = try FileKeyStore(path: path, isReadOnly: isReadOnly)
    }

    /// Whether there is something at a path.
    public static func exists(_ path: String) -> Bool { FileKeyStore.exists(path) }

    /// The bytes of a file, `nil` when there is none.
    ///
    /// - Throws: `.stateUnsafe`.
    public func read(_ name: String) throws(KMSError) -> [UInt8]? { try files.read(name) }

    /// Writes a file whole; it is durable when this returns.
    ///
    /// - Throws: `.stateUnsafe`.
    public func write(_ name: String, _ bytes: [UInt8]) async throws(KMSError) {
        let files = files
        try await thread.run { () throws(KMSError) in
            _ = try files.write(name, bytes, isNew: false)
        }
    }
}
