public import Encoding
internal import Glibc

/// What is done to a data folder from outside: check, repair, backup.
public enum StoreCare {
    /// Compares the index of a data folder with its files, both ways.
    ///
    /// A folder that a running store holds is only read: deletions are held back meanwhile.
    ///
    /// - Parameters:
    ///   - path: the data folder.
    ///   - repairs: whether what is wrong is taken out, into a folder under `quarantine`.
    ///   - now: the time, for the name of the quarantine.
    ///   - progress: gets a line from time to time.
    /// - Returns: what was found before the repair.
    /// - Throws: `BackendStartError`: `.dataLocked` where a store runs and `repairs`.
    public static func check(
        _ path: String,
        repairs: Bool,
        now: Timestamp,
        progress: @escaping (String) -> Void
    ) throws(BackendStartError) -> CheckReport {
        let visit = try FolderVisit(path, exclusively: repairs)
        do throws(StoreError) {
            var report = try StoreCheck(path, progress).run()
            guard repairs, !report.isClean || report.leftoverCount > 0 else { return report }
            report.quarantine = try StoreRepair(path, visit.isRunning, now).run(report)
            return report
        } catch {
            throw .dataUnusable(path: path, reason: "\(error)")
        }
    }

    /// Copies what the index names at one moment to `target`, beside a running store too.
    ///
    /// - Parameters:
    ///   - path: the data folder.
    ///   - target: a folder to be made, that a store can be started on.
    ///   - copies: whether bodies are copied though a link to them would do.
    ///   - progress: gets a line from time to time.
    /// - Returns: what was copied.
    /// - Throws: `BackendStartError`.
    public static func backup(
        _ path: String,
        to target: String,
        copies: Bool,
        progress: @escaping (String) -> Void
    ) throws(BackendStartError) -> BackupReport {
        let visit = try FolderVisit(path, exclusively: false)
        defer { withExtendedLifetime(visit) {} }
        do throws(StoreError) {
            return try StoreBackup(path, to: target, copies: copies, progress).run()
        } catch {
            throw .dataUnusable(path: target, reason: "\(error)")
        }
    }
}

/// Somebody beside the store in its data folder; deletions are held back until the visit ends.
final class FolderVisit {
    /// Whether a store runs on the folder.
    let isRunning: Bool
    private let hold: DeletionHold
    private var lock: Int32?

    /// - Throws: `.dataLocked` where a store runs and the visitor wants the folder for itself, or
    ///   another visitor is there.
    init(_ path: String, exclusively: Bool) throws(BackendStartError) {
        do {
            let folder = try FileCalls.open(path, in: AT_FDCWD, flags: O_RDONLY | O_DIRECTORY)
            defer { close(folder) }
            try DataFolder.checkMode(of: folder, path)
            let file = try FileCalls.open("format", in: folder, flags: O_RDONLY)
            defer { close(file) }
            guard try FileCalls.read(64, from: file, at: 0) == Array(DataFolder.format.utf8) else {
                throw DataFolder.Refusal.formatUnknown(path: path)
            }
            hold = try DeletionHold(folder: folder)
            guard hold.take() else { throw DataFolder.Refusal.locked(path: path) }
            do {
                lock = try DataFolder.lock(in: folder, path)
                isRunning = false
            } catch DataFolder.Refusal.locked where !exclusively {
                isRunning = true
            }
        } catch let refusal as DataFolder.Refusal {
            throw BackendStartError(refusal)
        } catch {
            throw .dataUnusable(path: path, reason: "\(error)")
        }
    }

    deinit { if let lock { close(lock) } }
}
