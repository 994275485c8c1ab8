import Crypto
import HTTPWire
import SealedObject

/// Reads a found object from its first byte to its last, verified segment by segment.
struct ObjectPlaintext: Sendable {
    /// Stored bytes asked for at once: 4 MiB of segments.
    static let requestCount = 64 * SealedFormat.sealedSegmentCount

    let store: OfflineStore
    let keys: KeyAccess
    let customer: CustomerKeyHolder?

    /// Opens the object and gives its plaintext to `sink`, a segment at a time and never one that
    /// isn't verified.
    ///
    /// - Throws: what is wrong with the object, its key or the store; what `sink` throws.
    func read(
        _ found: FoundObject,
        at place: OfflineStore.Place,
        _ sink: (Span<UInt8>) throws(OfflineError) -> Void
    ) async throws(OfflineError) -> ObjectAttributes {
        let opened = try await open(found, at: place)
        let opener = try await opener(opened, at: place)
        let segment = SegmentMemory(count: opener.segmentCountMax)
        var offset = 0
        while offset < found.storedCount {
            let end = min(offset + Self.requestCount, found.storedCount)
            let bytes = try await store.bytes(offset..<end, of: found, at: place)
            try take(bytes, opener, segment, sink)
            offset = end
        }
        do throws(SealedObjectError) { try opener.finish() } catch { throw OfflineError(error) }
        return opened.attributes
    }

    private func open(
        _ found: FoundObject,
        at place: OfflineStore.Place
    ) async throws(OfflineError) -> OpenedObject {
        guard found.envelope.mode != .customer || customer != nil else {
            throw .refused("the customer has it (--customer-key-file)")
        }
        let wanted = GatheredKeys.Request(
            envelope: found.envelope,
            bucket: place.bucket,
            key: place.key,
            wantsObjectKey: true,
            rights: .all
        )
        do throws(ReadFailure) {
            return try await keys.open(found, wanted, customer: customer)
        } catch {
            throw OfflineError(error)
        }
    }

    private func opener(
        _ opened: OpenedObject,
        at place: OfflineStore.Place
    ) async throws(OfflineError) -> ObjectOpener {
        guard opened.envelope.body.isMultipart else {
            guard let facts = opened.envelope.streamFacts, let keys = opened.contents.streamKeys
            else { throw OfflineError(.keyReferenceInvalid) }
            do throws(SealedObjectError) {
                return try ObjectOpener(facts: facts, slice: facts.layout.whole, keys: keys.keys)
            } catch {
                throw OfflineError(error)
            }
        }
        let reply = try await store.send(
            PartTableFetch.request(
                opened,
                bucket: place.bucket,
                key: place.key,
                store.client.form
            )
        )
        let layout: MultipartLayout
        do throws(PartTableFetch.Failure) {
            layout = try PartTableFetch.layout(reply, opened)
        } catch {
            throw OfflineError(error)
        }
        guard let objectKey = opened.objectKey else { throw OfflineError(.keyReferenceInvalid) }
        do throws(SealedObjectError) {
            try layout.verify(storedCount: opened.found.storedCount)
            return try ObjectOpener(
                objectID: opened.envelope.objectID,
                slices: layout.whole,
                objectKey: objectKey.bytes
            )
        } catch {
            throw OfflineError(error)
        }
    }

    private func take(
        _ bytes: [UInt8],
        _ opener: ObjectOpener,
        _ segment: SegmentMemory,
        _ sink: (Span<UInt8>) throws(OfflineError) -> Void
    ) throws(OfflineError) {
        var offset = 0
        while offset < bytes.count {
            let piece = bytes.span.extracting(offset..<bytes.count)
            let step: (consumed: Int, released: Range<Int>?)
            do throws(SealedObjectError) {
                step = try unsafe opener.open(piece, into: segment.address)
            } catch {
                throw OfflineError(error)
            }
            offset += step.consumed
            if let released = step.released { try segment.lend(released, to: sink) }
        }
    }
}

/// Memory of one segment of plaintext, wiped at its end; bound to one task at a time.
@safe
final class SegmentMemory {
    private let memory: UnsafeMutableRawBufferPointer
    let address: UnsafeMutableRawPointer

    init(count: Int) {
        let count = max(1, count)
        let address = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 64)
        unsafe self.address = address
        unsafe memory = UnsafeMutableRawBufferPointer(start: address, count: count)
        unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    }

    func lend(
        _ range: Range<Int>,
        to sink: (Span<UInt8>) throws(OfflineError) -> Void
    ) throws(OfflineError) {
        guard unsafe range.upperBound <= memory.count else { return }
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: memory[range])
        try unsafe sink(bytes.bindMemory(to: UInt8.self).span)
    }

    deinit {
        unsafe ConstantTime.wipe(address, count: memory.count)
        unsafe address.deallocate()
    }
}
