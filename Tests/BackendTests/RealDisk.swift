import Glibc

@testable import Backend

/// The real disk, in a test that changes some of its calls; without second names.
protocol RealDisk: FileSystem {
    var disk: LinuxFiles { get }
}

extension RealDisk {
    func create(_ name: String, in folder: Int32) throws(StoreError) -> Int32 {
        try disk.create(name, in: folder)
    }

    func setDirect(_ isDirect: Bool, _ descriptor: Int32) -> Bool {
        disk.setDirect(isDirect, descriptor)
    }

    func write(
        _ bytes: Span<UInt8>,
        to descriptor: Int32,
        at offset: Int64
    ) throws(StoreError) {
        try disk.write(bytes, to: descriptor, at: offset)
    }

    func flushData(_ descriptor: Int32) throws(StoreError) { try disk.flushData(descriptor) }

    func flushFolder(_ name: String, in folder: Int32) throws(StoreError) {
        try disk.flushFolder(name, in: folder)
    }

    func move(
        _ name: String,
        from source: Int32,
        to target: Int32,
        as newName: String
    ) throws(StoreError) {
        try disk.move(name, from: source, to: target, as: newName)
    }

    func delete(_ name: String, in folder: Int32) throws(StoreError) {
        try disk.delete(name, in: folder)
    }

    func isCached(_ range: Range<Int64>, of descriptor: Int32) -> Bool {
        disk.isCached(range, of: descriptor)
    }

    func bringIn(_ range: Range<Int64>, of descriptor: Int32) throws(StoreError) {
        try disk.bringIn(range, of: descriptor)
    }

    func room(of folder: Int32) throws(StoreError) -> (free: Int64, total: Int64) {
        try disk.room(of: folder)
    }

    func close(_ descriptor: Int32) { disk.close(descriptor) }
}
