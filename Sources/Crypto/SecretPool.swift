internal import COpenSSL
internal import Synchronization

/// Blocks of the secret heap that were given back: small ones are taken from here first.
///
/// Finding and merging blocks costs OpenSSL's heap a microsecond for each key that lives as long as
/// a request. What lies here was wiped when it came, and is zeros but for the address of the next.
enum SecretPool {
    /// The sizes of blocks, in bytes: what the heap would take for smaller ones too.
    private static let sizes: InlineArray<3, Int> = [32, 64, 128]
    /// Blocks that are kept of each size, at most: 28 KiB of the heap in all.
    static let keptMax = 128

    private struct List {
        /// The address of the first block; 0 for none.
        var first = 0
        var count = 0
    }

    private struct Lists: ~Copyable {
        var bySize = InlineArray<3, List>(repeating: List())
    }

    private static let lists = Mutex(Lists())

    /// The size of the blocks for so many bytes; `nil` where the heap itself is asked.
    private static func index(_ count: Int) -> Int? {
        sizes.indices.first { count <= sizes[$0] }
    }

    /// How many blocks for so many bytes lie here.
    static func keptCount(_ count: Int) -> Int {
        guard let index = index(count) else { return 0 }
        return lists.withLock { $0.bySize[index].count }
    }

    /// `count` bytes of zeros; `nil` where the heap has none left.
    static func allocate(_ count: Int) -> UnsafeMutableRawPointer? {
        guard let index = index(count) else { return unsafe sealgate_secure_allocate(count) }
        let kept = lists.withLock { lists -> Int in
            let first = lists.bySize[index].first
            guard let block = unsafe UnsafeMutableRawPointer(bitPattern: first) else { return 0 }
            // Nobody else has it: where the next one lies is all that it holds.
            lists.bySize[index].first = unsafe block.load(as: Int.self)
            lists.bySize[index].count -= 1
            unsafe block.storeBytes(of: 0, as: Int.self)
            return first
        }
        return unsafe UnsafeMutableRawPointer(bitPattern: kept)
            ?? sealgate_secure_allocate(sizes[index])
    }

    /// Wipes `count` bytes and takes them back.
    static func free(_ block: UnsafeMutableRawPointer, _ count: Int) {
        guard let index = index(count) else { return unsafe sealgate_secure_free(block, count) }
        unsafe explicit_bzero(block, count)
        let address = Int(bitPattern: block)
        let isKept = lists.withLock { lists in
            guard lists.bySize[index].count < keptMax else { return false }
            guard let block = unsafe UnsafeMutableRawPointer(bitPattern: address) else {
                return false
            }
            unsafe block.storeBytes(of: lists.bySize[index].first, as: Int.self)
            lists.bySize[index].first = address
            lists.bySize[index].count += 1
            return true
        }
        if !isKept { unsafe sealgate_secure_free(block, sizes[index]) }
    }
}
