/// Reads big-endian fields from the front of a byte array; every read checks what is left.
public struct ByteCursor: Sendable {
    @usableFromInline let bytes: ArraySlice<UInt8>
    @usableFromInline var position: Int

    /// A cursor at the first of `bytes`.
    @inlinable
    public init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// A cursor at the first of `bytes`.
    @inlinable
    public init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    /// How many bytes were read.
    @inlinable
    public var offset: Int { position - bytes.startIndex }

    /// How many bytes are left.
    @inlinable
    public var remaining: Int { bytes.endIndex - position }

    /// The next `count` bytes, or `nil` when fewer are left.
    @inlinable
    public mutating func read(_ count: Int) -> ArraySlice<UInt8>? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return bytes[position..<(position + count)]
    }

    /// The next integer, big-endian, or `nil` when its bytes aren't all there.
    @inlinable
    public mutating func readInteger<Value: FixedWidthInteger & UnsignedInteger>(
        _ type: Value.Type = Value.self
    ) -> Value? {
        guard let field = read(Value.bitWidth / 8) else { return nil }
        var value: Value = 0
        for byte in field { value = value << 8 | Value(byte) }
        return value
    }

    /// A u32 length and so many bytes: `lp(x)`; `nil` when it is over `limit` or not all there.
    @inlinable
    public mutating func readPrefixed(limit: Int) -> ArraySlice<UInt8>? {
        guard let count = readInteger(UInt32.self), Int(count) <= limit else { return nil }
        return read(Int(count))
    }
}

extension Array where Element == UInt8 {
    /// Appends an integer, big-endian.
    @inlinable
    public mutating func append<Value: FixedWidthInteger & UnsignedInteger>(bigEndian value: Value)
    {
        unsafe Swift.withUnsafeBytes(of: value.bigEndian) { unsafe append(contentsOf: $0) }
    }

    /// Appends `lp(bytes)`: a u32 length, then the bytes.
    @inlinable
    public mutating func append(prefixed bytes: Span<UInt8>) {
        append(bigEndian: UInt32(truncatingIfNeeded: bytes.count))
        append(bytes)
    }

    /// Appends `lp(bytes)`: a u32 length, then the bytes.
    @inlinable
    public mutating func append(prefixed bytes: some Collection<UInt8>) {
        append(bigEndian: UInt32(truncatingIfNeeded: bytes.count))
        append(contentsOf: bytes)
    }
}
