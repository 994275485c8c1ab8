internal import Encoding

/// The name of a body's file: 128 random bits, so that no name comes twice.
struct FileID: Hashable, Sendable {
    /// 16 bytes.
    let bytes: [UInt8]

    /// A new random name.
    init() {
        var generator = SystemRandomNumberGenerator()
        bytes = (0..<2).flatMap { _ -> [UInt8] in
            var half: [UInt8] = []
            half.append(bigEndian: generator.next() as UInt64)
            return half
        }
    }

    /// The name that 16 bytes stand for; `nil` for another count.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.bytes = Array(bytes)
    }

    /// The name that 32 lower-case hexadecimal digits stand for.
    init?(name: String) {
        guard let bytes = Hex.decode(name), Hex.encode(bytes) == name else { return nil }
        self.init(bytes: bytes)
    }

    /// 32 lower-case hexadecimal digits.
    var name: String { Hex.encode(bytes) }

    /// The folder it stands in: one of 256.
    var folder: String { Hex.encode(bytes.prefix(1)) }
}

/// A multipart upload's id: 48 bits of milliseconds, then 80 random ones, so that uploads of a
/// key sort by their time.
struct UploadID: Hashable, Sendable {
    /// 16 bytes.
    let bytes: [UInt8]

    /// A new id of a time in milliseconds since the Unix epoch.
    init(milliseconds: Int64) {
        var time: [UInt8] = []
        time.append(bigEndian: UInt64(bitPattern: milliseconds))
        bytes = Array(time.suffix(6)) + FileID().bytes.prefix(10)
    }

    /// The id that 16 bytes stand for; `nil` for another count.
    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.bytes = Array(bytes)
    }

    /// The id that 32 hexadecimal digits stand for; `nil` for any other text.
    init?(text: String) {
        guard let bytes = Hex.decode(text) else { return nil }
        self.init(bytes: bytes)
    }

    /// 32 lower-case hexadecimal digits.
    var text: String { Hex.encode(bytes) }
}
