internal import COpenSSL
internal import NIOCore

/// OpenSSL's view of a `TLSSession`'s buffers: a BIO that reads and writes them in place.
enum TLSBufferBIO {
    /// The functions of such a BIO; `nil` where memory ran out at start.
    nonisolated(unsafe) static let method: OpaquePointer? = unsafe makeMethod()

    private static func makeMethod() -> OpaquePointer? {
        let kind = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK
        guard let method = unsafe BIO_meth_new(kind, "sealgate buffers") else { return nil }
        unsafe BIO_meth_set_read(method) { bio, target, count in
            guard let session = unsafe TLSBufferBIO.session(of: bio), let target = unsafe target,
                count > 0
            else { return -1 }
            unsafe sealgate_bio_clear_retry(bio)
            let taken = unsafe session.take(into: target, Int(count))
            if taken == 0 {
                unsafe sealgate_bio_wants_read(bio)
                return -1
            }
            return CInt(taken)
        }
        unsafe BIO_meth_set_write(method) { bio, source, count in
            guard let session = unsafe TLSBufferBIO.session(of: bio), let source = unsafe source,
                count > 0
            else { return -1 }
            unsafe sealgate_bio_clear_retry(bio)
            let bytes = unsafe UnsafeRawBufferPointer(start: source, count: Int(count))
            unsafe session.outbound.writeBytes(bytes)
            return count
        }
        unsafe BIO_meth_set_ctrl(method) { _, command, _, _ in
            command == BIO_CTRL_FLUSH ? 1 : 0
        }
        return unsafe method
    }

    /// The session whose buffers it stands for.
    static func session(of bio: OpaquePointer?) -> TLSSession? {
        guard let data = unsafe BIO_get_data(bio) else { return nil }
        return unsafe Unmanaged<TLSSession>.fromOpaque(data).takeUnretainedValue()
    }
}
