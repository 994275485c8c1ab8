internal import HTTPWire

/// One range of a `Range` header, RFC 9110 section 14.1.2.
public enum ByteRange: Equatable, Sendable {
    /// `first-last`, both within; `last` is at least `first`.
    case closed(first: UInt64, last: UInt64)
    /// `first-`: from an offset to the end.
    case from(UInt64)
    /// `-count`: the last so many bytes.
    case suffix(UInt64)

    /// What a header asks of an object of a certain size.
    public enum Resolution: Equatable, Sendable {
        /// The whole object, as an answer 200.
        case whole
        /// These bytes, as an answer 206; never empty.
        case part(Range<UInt64>)
        /// Nothing of it is there: 416 `InvalidRange`.
        case unsatisfiable
    }

    /// Reads a header's value.
    ///
    /// - Returns: `nil` where the header is to be ignored: several ranges, another unit, or
    ///   anything malformed.
    public init?(_ header: String) {
        let text = header.utf8
        guard text.count > 6,
            zip(text, "bytes=".utf8).allSatisfy({ $0 | 0x20 == $1 | 0x20 })
        else { return nil }
        let spec = text.dropFirst(6).drop { $0 == 0x20 }
        guard let dash = spec.firstIndex(of: UInt8(ascii: "-")) else { return nil }
        let firstDigits = spec[..<dash]
        let lastDigits = spec[spec.index(after: dash)...]
        if firstDigits.isEmpty {
            guard let count = Self.offset(lastDigits) else { return nil }
            self = .suffix(count)
            return
        }
        guard let first = Self.offset(firstDigits) else { return nil }
        if lastDigits.isEmpty {
            self = .from(first)
            return
        }
        guard let last = Self.offset(lastDigits), first <= last else { return nil }
        self = .closed(first: first, last: last)
    }

    /// What the range is of an object of `size` bytes; ends behind the object are clipped.
    public func resolve(size: UInt64) -> Resolution {
        switch self {
        case .closed(let first, let last):
            guard first < size else { return .unsatisfiable }
            return .part(first..<(min(last, size - 1) + 1))
        case .from(let first):
            guard first < size else { return .unsatisfiable }
            return .part(first..<size)
        case .suffix(let count):
            guard count > 0, size > 0 else { return .unsatisfiable }
            return .part((size - min(count, size))..<size)
        }
    }

    /// What a `Range` header, or its absence, asks of an object of `size` bytes.
    public static func resolve(header: String?, size: UInt64) -> Resolution {
        guard let header, let range = ByteRange(header) else { return .whole }
        return range.resolve(size: size)
    }

    /// `bytes 0-9/100`: the `Content-Range` of an answer 206.
    public static func contentRange(_ range: Range<UInt64>, size: UInt64) -> String {
        guard !range.isEmpty else { return "bytes */\(size)" }
        return "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    }

    /// 416 `InvalidRange`, with what was asked and the size.
    public static func unsatisfiable(header: String, size: UInt64) -> S3Error {
        var error = S3Error(
            .invalidRange,
            details: [
                .init("RangeRequested", header), .init("ActualObjectSize", String(size)),
            ]
        )
        error.fields.append("content-range", "bytes */\(size)")
        return error
    }

    // Offsets beyond any object are as good as the largest one.
    private static func offset(_ digits: Substring.UTF8View) -> UInt64? {
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return DecimalText.unsigned(digits.drop { $0 == 0x30 }) ?? (isZero(digits) ? 0 : .max)
    }

    private static func isZero(_ digits: Substring.UTF8View) -> Bool {
        digits.allSatisfy { $0 == 0x30 }
    }
}
