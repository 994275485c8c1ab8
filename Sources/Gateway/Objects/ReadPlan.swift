import S3Wire
import SealedObject

/// What a read gives: which plaintext bytes, which stored bytes hold them, and the status.
struct ReadPlan {
    /// The plaintext bytes to give.
    var range: Range<Int>
    /// The object's plaintext length.
    var size: Int
    /// 200, or 206 with `Content-Range`.
    var status: Int
    /// The parts of a multipart object, where `partNumber` asked.
    var partCount: Int?

    /// Resolves `Range` or `partNumber` against an object's length and parts.
    ///
    /// - Throws: 416 `InvalidRange`, 416 `InvalidPartNumber`, 400 `InvalidRequest` for both.
    init(
        rangeHeader: String?,
        partNumber: Int?,
        size: Int,
        layout: MultipartLayout?
    ) throws(S3Error) {
        self.size = size
        range = 0..<size
        status = 200
        if let partNumber {
            guard rangeHeader == nil else {
                throw S3Error(
                    .invalidRequest,
                    "Cannot specify both Range header and partNumber query parameter"
                )
            }
            let count = layout?.parts.count ?? 1
            guard let part = Self.part(partNumber, size, layout) else {
                throw Self.partMissing(partNumber, count: count)
            }
            range = part
            // No `Content-Range` can name no bytes, and without one there is no 206.
            status = part.isEmpty ? 200 : 206
            if layout != nil { partCount = count }
            return
        }
        guard let rangeHeader else { return }
        switch ByteRange.resolve(header: rangeHeader, size: UInt64(size)) {
        case .whole: return
        case .unsatisfiable:
            throw ByteRange.unsatisfiable(header: rangeHeader, size: UInt64(size))
        case .part(let resolved):
            range = Int(resolved.lowerBound)..<Int(resolved.upperBound)
            status = 206
        }
    }

    /// A range that is known to be inside the object.
    init(_ range: Range<Int>, size: Int) {
        self.range = range
        self.size = size
        status = range.count == size ? 200 : 206
    }

    /// 416 for a part that isn't among an object's `count`.
    static func partMissing(_ number: Int, count: Int) -> S3Error {
        S3Error(
            .invalidPartNumber,
            details: [
                .init("ActualPartCount", String(count)),
                .init("PartNumberRequested", String(number)),
            ]
        )
    }

    private static func part(
        _ number: Int,
        _ size: Int,
        _ layout: MultipartLayout?
    ) -> Range<Int>? {
        guard let layout else { return number == 1 ? 0..<size : nil }
        return UInt32(exactly: number).flatMap { layout.plaintextRange(ofPart: $0) }
    }
}
