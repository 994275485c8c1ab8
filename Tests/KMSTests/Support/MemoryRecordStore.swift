import Synchronization

@testable import KMS

/// Records in memory, with faults to order.
final class MemoryRecordStore: RecordStore {
    private struct State {
        var records: [String: [UInt8]] = [:]
        var isDown = false
        var readCount = 0
    }

    private let state = Mutex(State())

    var records: [String: [UInt8]] {
        get { state.withLock { $0.records } }
        set { state.withLock { $0.records = newValue } }
    }

    var names: [String] { records.keys.sorted() }
    var readCount: Int { state.withLock { $0.readCount } }

    var isDown: Bool {
        get { state.withLock { $0.isDown } }
        set { state.withLock { $0.isDown = newValue } }
    }

    func get(_ name: String) async throws(RecordStoreError) -> [UInt8]? {
        try requireUp()
        return state.withLock { state in
            state.readCount += 1
            return state.records[name]
        }
    }

    func put(
        _ name: String,
        _ bytes: [UInt8],
        ifAbsent: Bool
    ) async throws(RecordStoreError) -> Bool {
        try requireUp()
        return state.withLock { state in
            guard !ifAbsent || state.records[name] == nil else { return false }
            state.records[name] = bytes
            return true
        }
    }

    func replace(
        _ name: String,
        _ old: [UInt8],
        by new: [UInt8]
    ) async throws(RecordStoreError) -> Bool {
        try requireUp()
        return state.withLock { state in
            guard state.records[name] == old else { return false }
            state.records[name] = new
            return true
        }
    }

    func list(prefix: String) async throws(RecordStoreError) -> [String] {
        try requireUp()
        return names.filter { $0.hasPrefix(prefix) }
    }

    private func requireUp() throws(RecordStoreError) {
        guard !isDown else { throw .unavailable }
    }
}
