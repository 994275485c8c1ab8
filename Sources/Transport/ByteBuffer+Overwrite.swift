package import NIOCore

extension ByteBuffer {
    /// Overwrites the readable bytes with zeros where they stand, also for others that share them.
    ///
    /// For bytes of a request's head that were parsed: a buffer that is shared, as the socket's
    /// own, would else be copied before the change and keep them.
    package func overwriteReadable() {
        unsafe withUnsafeReadableBytes { bytes in
            guard let address = bytes.baseAddress, unsafe !bytes.isEmpty else { return }
            let memory = unsafe UnsafeMutableRawPointer(mutating: address)
            unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes.count)
        }
    }
}
