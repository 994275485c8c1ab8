internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// The files that bodies stand in: written once under `tmp`, then moved to their place, read, and
/// deleted; never changed.
///
/// What waits for the disk runs on threads of its own. A file is tracked from its making until the
/// index names it, so that the sweep of orphans can run beside uploads.
final class BodyFiles: Sendable {
    fileprivate struct State {
        /// Files that the index doesn't name yet.
        var pending: Set<FileID> = []
        /// How many readers hold each composite version.
        var leases: [Int64: Int] = [:]
        /// Files of versions that readers hold and the index has dropped.
        var parked: [Int64: [FileID]] = [:]
    }

    private let folder: DataFolder
    private let system: any FileSystem
    private let durability: StoreIndex.Durability
    private let reserveBytes: Int64
    private let threads: NIOThreadPool
    private let readThreads: NIOThreadPool
    private let statistics: StoreStatistics
    /// The memory of bodies that are written past the page cache.
    let directBuffers: DirectBuffers
    private let state = Mutex(State())
    private let refusing = Atomic<Bool>(false)

    init(
        folder: DataFolder,
        durability: StoreIndex.Durability,
        reserveBytes: Int64,
        threads: NIOThreadPool,
        readThreads: NIOThreadPool,
        statistics: StoreStatistics,
        system: any FileSystem = LinuxFiles(),
        directBuffers: DirectBuffers = DirectBuffers(bytesMax: 0)
    ) {
        self.folder = folder
        self.system = system
        self.durability = durability
        self.reserveBytes = reserveBytes
        self.threads = threads
        self.readThreads = readThreads
        self.statistics = statistics
        self.directBuffers = directBuffers
    }

    /// Refuses a body of so many bytes that would leave the disk too full to delete anything.
    ///
    /// - Throws: `.roomReserved`, also for a size of 0.
    func requireRoom(for bytes: Int64) throws(StoreError) {
        let room = try system.room(of: folder.objects)
        let isRoom = Self.isRoom(room, for: bytes, reserve: reserveBytes)
        refusing.store(!isRoom, ordering: .relaxed)
        guard isRoom else { throw .roomReserved(free: room.free) }
    }

    /// Whether the last write that asked was refused for want of room.
    var isRefusing: Bool { refusing.load(ordering: .relaxed) }

    /// The bytes free on the disk; 0 where it doesn't say.
    var freeBytes: Int64 { (try? system.room(of: folder.objects).free) ?? 0 }

    /// Whether a body leaves the reserve free: an eighth of the disk where that is less.
    static func isRoom(
        _ room: (free: Int64, total: Int64),
        for bytes: Int64,
        reserve: Int64
    ) -> Bool {
        room.free - min(reserve, room.total / 8) >= bytes
    }

    /// Makes an empty file under `tmp`; answers its name and descriptor.
    func create() throws(StoreError) -> (id: FileID, descriptor: Int32) {
        let id = FileID()
        // First pending, then there: a sweep leaves what is pending.
        state.withLock { _ = $0.pending.insert(id) }
        do throws(StoreError) {
            return (id, try system.create(id.name, in: folder.temporary))
        } catch {
            settle(id)
            throw error
        }
    }

    /// Writes bytes of a file that `create()` made.
    func write(
        _ bytes: Span<UInt8>,
        to descriptor: Int32,
        at offset: Int64
    ) throws(StoreError) {
        try system.write(bytes, to: descriptor, at: offset)
    }

    /// Makes an empty file whose writes pass the page cache; `nil` where their memory is in use.
    ///
    /// A file system that knows no such writes takes them through the cache.
    func createDirect() throws(StoreError) -> (
        file: (id: FileID, descriptor: Int32), buffer: DirectBuffer
    )? {
        guard let buffer = directBuffers.take() else {
            statistics.wroteCached(.noBuffer)
            return nil
        }
        do throws(StoreError) {
            let file = try create()
            if !system.setDirect(true, file.descriptor) { statistics.wroteCached(.refused) }
            return (file, buffer)
        } catch {
            directBuffers.give(buffer)
            throw error
        }
    }

    /// Writes whole blocks past the page cache; where the disk refuses that, through it, like all
    /// that follows; blocks.
    ///
    /// - Returns: whether the disk took them as they were to go.
    func writeBlocks(
        _ bytes: Span<UInt8>,
        to descriptor: Int32,
        at offset: Int64
    ) throws(StoreError) -> Bool {
        guard !bytes.isEmpty else { return true }
        do throws(StoreError) {
            try system.write(bytes, to: descriptor, at: offset)
            return true
        } catch {
            guard system.setDirect(false, descriptor) else { throw error }
            try system.write(bytes, to: descriptor, at: offset)
            return false
        }
    }

    /// Counts a body of which the disk refused to take blocks past the page cache.
    func countRefused() { statistics.wroteCached(.refused) }

    /// Lets the writes that follow go through the page cache.
    func leaveDirect(_ descriptor: Int32) { _ = system.setDirect(false, descriptor) }

    /// Runs what waits for the disk on a thread.
    func onThread<Value: Sendable>(
        _ eventLoop: any EventLoop,
        _ work: @escaping @Sendable () throws -> Value
    ) -> EventLoopFuture<Value> {
        threads.runIfActive(eventLoop: eventLoop, work)
    }

    /// Drops a file that `create()` made and nothing published.
    func drop(_ id: FileID, descriptor: Int32) {
        system.close(descriptor)
        abandon(id)
    }

    /// Flushes a written file of so many bytes and moves it to its place; closes the descriptor.
    ///
    /// - Throws: in the future `StoreError`; the file goes then.
    func publish(
        _ id: FileID,
        size: Int64,
        descriptor: Int32,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<NewBody> {
        threads.runIfActive(eventLoop: eventLoop) { [folder, durability, system, statistics] in
            defer { system.close(descriptor) }
            let began = ContinuousClock.now
            if durability == .full { try system.flushData(descriptor) }
            let target = id.folder + "/" + id.name
            try system.move(id.name, from: folder.temporary, to: folder.objects, as: target)
            guard durability == .full else { return .file(id, size: size) }
            try system.flushFolder(id.folder, in: folder.objects)
            statistics.flushed(.body, in: ContinuousClock.now - began)
            return .file(id, size: size)
        }
        .flatMapErrorThrowing { [self] error in
            abandon(id)
            throw (error as? StoreError) ?? StoreError.stopping
        }
    }

    /// Gives files a second name each, in their order; the bytes are shared and never moved.
    ///
    /// - Returns: the new names, which the index doesn't name yet.
    /// - Throws: in the future `.fileNotFound` where one was deleted, `.linkRefused`; none of the
    ///   new names is there then.
    func link(
        _ files: [FileID],
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<[FileID]> {
        guard !files.isEmpty else { return eventLoop.makeSucceededFuture([]) }
        let links = files.map { _ in FileID() }
        state.withLock { $0.pending.formUnion(links) }
        return threads.runIfActive(eventLoop: eventLoop) { [folder, durability, system] in
            for (file, link) in zip(files, links) {
                let name = file.folder + "/" + file.name
                let newName = link.folder + "/" + link.name
                try system.link(name, as: newName, in: folder.objects)
            }
            guard durability == .full else { return links }
            for name in Set(links.map(\.folder)) {
                try system.flushFolder(name, in: folder.objects)
            }
            return links
        }
        .flatMapErrorThrowing { [self] error in
            for link in links { abandon(link) }
            throw (error as? StoreError) ?? StoreError.stopping
        }
    }

    /// The index names the file now, or left its fate to the next start.
    func settle(_ id: FileID) {
        state.withLock { _ = $0.pending.remove(id) }
    }

    /// Deletes a file that the index doesn't name, wherever it stands.
    func abandon(_ id: FileID) {
        run { [self] in
            delete(id.name, in: folder.temporary)
            delete(id.folder + "/" + id.name, in: folder.objects)
            settle(id)
        }
    }

    /// Opens a file for reading that must hold `count` bytes.
    ///
    /// Sending what isn't there would wait for it without end.
    ///
    /// - Throws: `.fileNotFound` where it was deleted, `.bodyDamaged` for another length.
    func open(_ id: FileID, count: Int64) throws(StoreError) -> Int32 {
        let name = id.folder + "/" + id.name
        let descriptor = try FileCalls.open(name, in: folder.objects, flags: O_RDONLY)
        do throws(StoreError) {
            let found = try FileCalls.size(of: descriptor)
            guard found == count else {
                throw .bodyDamaged("\(name) has \(found) bytes, the index says \(count)")
            }
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// Whether bytes of an open file can be sent without waiting for the disk.
    func isCached(_ range: Range<Int64>, of descriptor: Int32) -> Bool {
        system.isCached(range, of: descriptor)
    }

    /// Brings bytes of a file, which stays open meanwhile, into the page cache by a thread.
    func bringIn(
        _ range: Range<Int64>,
        of descriptor: Int32,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<Void> {
        statistics.readFromDisk()
        return readThreads.runIfActive(eventLoop: eventLoop) { [system] in
            try system.bringIn(range, of: descriptor)
        }
    }

    /// Deletes files that the index named before, unless a reader holds their version.
    func discard(_ discarded: [DiscardedFiles]) {
        let free = state.withLock { state in
            var free: [FileID] = []
            for item in discarded {
                if let version = item.version, state.leases[version] != nil {
                    state.parked[version, default: []] += item.files
                } else {
                    free += item.files
                }
            }
            return free
        }
        delete(free)
    }

    /// Keeps the files of a composite version until `release(_:)`; the caller then looks again
    /// whether the index still names the version.
    func lease(_ version: Int64) {
        state.withLock { $0.leases[version, default: 0] += 1 }
    }

    /// Ends a reader's hold on a version.
    func release(_ version: Int64) {
        let free = state.withLock { state -> [FileID] in
            let count = (state.leases[version] ?? 1) - 1
            state.leases[version] = count > 0 ? count : nil
            return count > 0 ? [] : state.parked.removeValue(forKey: version) ?? []
        }
        delete(free)
    }

    /// Deletes every file that the index doesn't name, also what broken uploads left under `tmp`;
    /// may run beside everything else; blocks.
    ///
    /// Files whose names aren't a store's are left alone, and counted.
    ///
    /// - Returns: how many were deleted.
    @discardableResult
    func sweep(_ index: IndexReader) throws(StoreError) -> Int {
        var (count, strangeCount) = (0, 0)
        for number in 0...255 {
            let name = FileID.folder(UInt8(truncatingIfNeeded: number))
            for file in try FileCalls.names(in: folder.path + "/objects/" + name) {
                guard let id = FileID(name: file), id.folder == name else {
                    strangeCount += 1
                    continue
                }
                // First pending, then the index: between the two a file can only be committed.
                if state.withLock({ $0.isKept(id) }) { continue }
                if try index.hasFile(id) { continue }
                if delete(name + "/" + file, in: folder.objects) { count += 1 }
            }
        }
        for file in try FileCalls.names(in: folder.path + "/tmp") {
            guard let id = FileID(name: file) else { continue }
            if state.withLock({ $0.isKept(id) }) { continue }
            if delete(file, in: folder.temporary) { count += 1 }
        }
        statistics.sweptOrphans(count, strange: strangeCount)
        return count
    }

    private func delete(_ files: [FileID]) {
        guard !files.isEmpty else { return }
        run { [self] in
            for id in files { delete(id.folder + "/" + id.name, in: folder.objects) }
        }
    }

    /// Deletes one; where it can't or mustn't be now, the sweep comes by later.
    @discardableResult
    private func delete(_ name: String, in folder: Int32) -> Bool {
        guard !self.folder.hold.isHeld else {
            statistics.leftUndeleted()
            return false
        }
        do {
            try system.delete(name, in: folder)
            return true
        } catch {
            statistics.leftUndeleted()
            return false
        }
    }

    /// Runs on a thread of the pool; a stopped pool leaves the files to the next start's sweep.
    private func run(_ work: @escaping @Sendable () -> Void) {
        threads.submit { state in
            if case .active = state { work() }
        }
    }
}

extension BodyFiles.State {
    /// Whether a file that the index doesn't name is still wanted.
    fileprivate func isKept(_ id: FileID) -> Bool {
        pending.contains(id) || parked.values.contains { $0.contains(id) }
    }
}
