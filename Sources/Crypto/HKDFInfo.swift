extension HKDF {
    /// What bytes are derived for, HKDF's `info` (RFC 5869 section 2.3), put together in place: at
    /// most 128 bytes.
    public struct Info: ~Copyable {
        private static let capacity = 128

        private var bytes = InlineArray<128, UInt8>(repeating: 0)
        private var count: Int

        /// An info that begins with a label of at most 128 bytes.
        public init(label: [UInt8]) {
            count = 0
            append(label.span)
        }

        /// Appends bytes.
        ///
        /// - Precondition: no more than 128 bytes in all; what infos consist of has fixed lengths.
        public mutating func append(_ piece: Span<UInt8>) {
            precondition(piece.count <= Self.capacity - count, "an info of more than 128 bytes")
            for index in piece.indices { bytes[count + index] = piece[index] }
            count += piece.count
        }

        /// Appends words, big-endian.
        ///
        /// - Precondition: as for `append(_:)`.
        public mutating func append(bigEndian words: Span<UInt64>) {
            precondition(
                words.count <= (Self.capacity - count) / 8,
                "an info of more than 128 bytes"
            )
            let start = count
            count += words.count * 8
            var span = bytes.mutableSpan
            unsafe span.withUnsafeMutableBytes { bytes in
                for index in words.indices {
                    unsafe bytes.storeBytes(
                        of: words[index].bigEndian,
                        toByteOffset: start + index * 8,
                        as: UInt64.self
                    )
                }
            }
        }

        /// The bytes.
        public var span: Span<UInt8> {
            @_lifetime(borrow self)
            borrowing get { bytes.span.extracting(first: count) }
        }
    }
}
