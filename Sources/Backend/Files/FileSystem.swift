internal import CLinux
internal import Glibc

/// The calls that bodies are written, placed and deleted by: a seam, behind which tests put a disk
/// that loses what wasn't flushed.
///
/// Folders and files go by descriptors.
protocol FileSystem: Sendable {
    /// Makes an empty file that isn't there yet; answers its descriptor.
    func create(_ name: String, in folder: Int32) throws(StoreError) -> Int32
    /// Writes all of `bytes` at `offset`.
    func write(
        _ bytes: Span<UInt8>,
        to descriptor: Int32,
        at offset: Int64
    ) throws(StoreError)
    /// Lets writes of a file pass the page cache, or go through it again; `false` where that can't
    /// be.
    ///
    /// Past it go whole blocks alone (`DirectBuffer.alignment`).
    func setDirect(_ isDirect: Bool, _ descriptor: Int32) -> Bool
    /// Flushes a file's bytes, and what is needed to read them, to the disk.
    func flushData(_ descriptor: Int32) throws(StoreError)
    /// Flushes the entries of a folder below `folder` to the disk.
    func flushFolder(_ name: String, in folder: Int32) throws(StoreError)
    /// Moves a file to another folder.
    func move(
        _ name: String,
        from source: Int32,
        to target: Int32,
        as newName: String
    ) throws(StoreError)
    /// Gives a file a second name: both stand for the same bytes, and one outlives the other.
    ///
    /// - Throws: `.linkRefused` where that can't be, or not once more.
    func link(_ name: String, as newName: String, in folder: Int32) throws(StoreError)
    /// Deletes a file; one that is gone is no error.
    func delete(_ name: String, in folder: Int32) throws(StoreError)
    /// Whether bytes of a file are in the page cache, as far as some of them tell.
    func isCached(_ range: Range<Int64>, of descriptor: Int32) -> Bool
    /// Brings bytes of a file into the page cache, and waits for them.
    func bringIn(_ range: Range<Int64>, of descriptor: Int32) throws(StoreError)
    /// The bytes free for the process on the disk of a folder, and the disk's size.
    func room(of folder: Int32) throws(StoreError) -> (free: Int64, total: Int64)
    /// Gives a descriptor back.
    func close(_ descriptor: Int32)
}

extension FileSystem {
    /// A file system without second names.
    func link(_ name: String, as newName: String, in folder: Int32) throws(StoreError) {
        throw .linkRefused
    }
}

/// The real one.
struct LinuxFiles: FileSystem {
    /// Takes what is brought into the page cache for its own sake; as long as the process.
    private static let nowhere = unsafe Glibc.open("/dev/null", O_WRONLY | O_CLOEXEC)

    func create(_ name: String, in folder: Int32) throws(StoreError) -> Int32 {
        try FileCalls.open(name, in: folder, flags: O_WRONLY | O_CREAT | O_EXCL)
    }

    func write(
        _ bytes: Span<UInt8>,
        to descriptor: Int32,
        at offset: Int64
    ) throws(StoreError) {
        try FileCalls.write(bytes, to: descriptor, at: offset)
    }

    func setDirect(_ isDirect: Bool, _ descriptor: Int32) -> Bool {
        sealgate_set_direct(descriptor, isDirect ? 1 : 0) == 0
    }

    func flushData(_ descriptor: Int32) throws(StoreError) {
        try FileCalls.flushData(descriptor)
    }

    func flushFolder(_ name: String, in folder: Int32) throws(StoreError) {
        try FileCalls.flushFolder(name, in: folder)
    }

    func move(
        _ name: String,
        from source: Int32,
        to target: Int32,
        as newName: String
    ) throws(StoreError) {
        try FileCalls.move(name, from: source, to: target, as: newName)
    }

    func link(_ name: String, as newName: String, in folder: Int32) throws(StoreError) {
        try FileCalls.link(name, as: newName, in: folder)
    }

    func delete(_ name: String, in folder: Int32) throws(StoreError) {
        try FileCalls.delete(name, in: folder)
    }

    func isCached(_ range: Range<Int64>, of descriptor: Int32) -> Bool {
        sealgate_is_cached(descriptor, off_t(range.lowerBound), range.count) != 0
    }

    func bringIn(_ range: Range<Int64>, of descriptor: Int32) throws(StoreError) {
        try FileCalls.send(range, of: descriptor, to: Self.nowhere)
    }

    func room(of folder: Int32) throws(StoreError) -> (free: Int64, total: Int64) {
        try FileCalls.room(of: folder)
    }

    func close(_ descriptor: Int32) { _ = Glibc.close(descriptor) }
}
