import Synchronization
import TestSupport

@testable import Backend

/// A disk in memory that keeps, when the power goes, what was flushed, and of the rest whatever it
/// likes: single writes and entries of folders in any order, writes torn.
final class PowerLossDisk: FileSystem {
    /// A flush that the disk forgets to do: canaries, which tests must notice.
    enum Forgotten: CaseIterable, Sendable { case flushData, flushFolder, flushLog }

    fileprivate struct Inode {
        var durable: [UInt8] = []
        /// Since the last flush.
        var writes: [(offset: Int, bytes: [UInt8])] = []
    }

    fileprivate struct Change {
        var folder: String
        var path: String
        /// `nil`: the entry goes.
        var inode: Int?
    }

    fileprivate struct State {
        var inodes: [Inode] = []
        var entries: [String: Int] = [:]
        var durable: [String: Int] = [:]
        /// Of folders' entries, since each folder's last flush.
        var changes: [Change] = []
        var handles: [Int32: Int] = [:]
        var upcomingHandle: Int32 = 1000
        var callsLeft: Int
    }

    private let temporary: Int32
    private let forgotten: Forgotten?
    private let state: Mutex<State>

    /// A disk that has power for so many calls.
    init(temporary: Int32, calls: Int, forgetting forgotten: Forgotten? = nil) {
        self.temporary = temporary
        self.forgotten = forgotten
        state = Mutex(State(callsLeft: calls))
    }

    var isDead: Bool { state.withLock { $0.callsLeft == 0 } }

    /// A flush of the index's log; `false` where the disk forgets it.
    func flushLog() throws(StoreError) -> Bool {
        try call { _ in }
        return forgotten != .flushLog
    }

    /// A write to the index's log.
    func writeLog() throws(StoreError) { try call { _ in } }

    /// The files that are there when the power is back, by their paths.
    func filesAfterLoss(_ chance: inout SplitMix64) -> [String: [UInt8]] {
        let state = state.withLock { $0 }
        var entries = state.durable
        for change in state.changes where chance.next() % 2 == 0 {
            entries[change.path] = change.inode
        }
        var files: [String: [UInt8]] = [:]
        for (path, inode) in entries {
            var bytes = state.inodes[inode].durable
            for (offset, written) in state.inodes[inode].writes {
                let kept: Int
                switch chance.next() % 4 {
                case 0: continue
                case 1: kept = Int(chance.next() % UInt64(written.count))
                default: kept = written.count
                }
                bytes.overwrite(at: offset, written.prefix(kept))
            }
            files[path] = bytes
        }
        return files
    }

    func create(_ name: String, in folder: Int32) throws(StoreError) -> Int32 {
        let path = path(name, in: folder)
        return try call { state in
            state.inodes.append(Inode())
            state.set(path, state.inodes.count - 1)
            state.upcomingHandle += 1
            state.handles[state.upcomingHandle] = state.inodes.count - 1
            return state.upcomingHandle
        }
    }

    func write(
        _ bytes: Span<UInt8>,
        to descriptor: Int32,
        at offset: Int64
    ) throws(StoreError) {
        let copy = bytes.withUnsafeBufferPointer { Array($0) }
        try call { state in
            guard let inode = state.handles[descriptor] else { return }
            state.inodes[inode].writes.append((Int(offset), copy))
        }
    }

    func setDirect(_ isDirect: Bool, _ descriptor: Int32) -> Bool { true }

    func flushData(_ descriptor: Int32) throws(StoreError) {
        try call { state in
            guard forgotten != .flushData, let inode = state.handles[descriptor] else { return }
            var file = state.inodes[inode]
            for (offset, bytes) in file.writes { file.durable.overwrite(at: offset, bytes[...]) }
            file.writes = []
            state.inodes[inode] = file
        }
    }

    func flushFolder(_ name: String, in folder: Int32) throws(StoreError) {
        let flushed = path(name, in: folder)
        try call { state in
            guard forgotten != .flushFolder else { return }
            for change in state.changes where change.folder == flushed {
                state.durable[change.path] = change.inode
            }
            state.changes.removeAll { $0.folder == flushed }
        }
    }

    func move(
        _ name: String,
        from source: Int32,
        to target: Int32,
        as newName: String
    ) throws(StoreError) {
        let (old, new) = (path(name, in: source), path(newName, in: target))
        try call { state in
            guard let inode = state.entries[old] else { return }
            state.set(old, nil)
            state.set(new, inode)
        }
    }

    func delete(_ name: String, in folder: Int32) throws(StoreError) {
        let path = path(name, in: folder)
        try call { state in
            if state.entries[path] != nil { state.set(path, nil) }
        }
    }

    func isCached(_ range: Range<Int64>, of descriptor: Int32) -> Bool { true }

    func bringIn(_ range: Range<Int64>, of descriptor: Int32) throws(StoreError) {}

    func room(of folder: Int32) throws(StoreError) -> (free: Int64, total: Int64) {
        (1 << 40, 1 << 40)
    }

    func close(_ descriptor: Int32) {
        state.withLock { _ = $0.handles.removeValue(forKey: descriptor) }
    }

    private func path(_ name: String, in folder: Int32) -> String {
        (folder == temporary ? "tmp/" : "objects/") + name
    }

    private func call<Value: Sendable>(
        _ body: (inout State) -> Value
    ) throws(StoreError) -> Value {
        let value = state.withLock { state -> Value? in
            guard state.callsLeft > 0 else { return nil }
            state.callsLeft -= 1
            // The call during which the power goes has no effect that anybody learns of.
            return state.callsLeft == 0 ? nil : body(&state)
        }
        guard let value else { throw .diskRefused("no power") }
        return value
    }
}

extension [UInt8] {
    /// Writes as a file takes it: what was never written before the offset is zero.
    fileprivate mutating func overwrite(at offset: Int, _ bytes: ArraySlice<UInt8>) {
        if count < offset + bytes.count {
            self += [UInt8](repeating: 0, count: offset + bytes.count - count)
        }
        replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }
}

extension PowerLossDisk.State {
    /// Changes an entry, as the kernel shows it at once.
    fileprivate mutating func set(_ path: String, _ inode: Int?) {
        entries[path] = inode
        let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        changes.append(.init(folder: folder, path: path, inode: inode))
    }
}
