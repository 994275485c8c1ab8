internal import Encoding
public import HTTPWire

/// The checksums that a request declares of its body; computing and comparing is the caller's.
public struct ChecksumHeaders: Equatable, Sendable {
    /// A checksum with its value, `algorithm.digestCount` bytes.
    public struct Declared: Equatable, Sendable {
        /// The algorithm.
        public var algorithm: ChecksumAlgorithm
        /// The value.
        public var value: [UInt8]

        /// A checksum from its parts.
        public init(_ algorithm: ChecksumAlgorithm, _ value: [UInt8]) {
            self.algorithm = algorithm
            self.value = value
        }
    }

    /// `Content-MD5`, 16 bytes.
    public var contentMD5: [UInt8]?
    /// The checksum in the headers.
    public var declared: Declared?
    /// The algorithm whose checksum comes as a trailer, as `x-amz-trailer` announces.
    public var trailer: ChecksumAlgorithm?

    /// The algorithm to compute, `nil` where none is declared.
    public var algorithm: ChecksumAlgorithm? { declared?.algorithm ?? trailer }

    /// Reads the headers.
    ///
    /// - Throws: `InvalidDigest` for a malformed `Content-MD5`; `InvalidRequest` for a malformed
    ///   value, an unknown algorithm, two checksums, and an `x-amz-sdk-checksum-algorithm` that
    ///   is another one.
    public init(_ fields: HTTPFields) throws(S3Error) {
        contentMD5 = try Self.contentMD5(in: fields)
        for index in 0..<fields.count
        where fields.isName(startingWith: Self.prefix, at: index) {
            let name = fields.name(at: index)
            guard !Self.otherFields.contains(name) else { continue }
            guard let algorithm = ChecksumAlgorithm(fieldName: name) else {
                throw Self.unknown(name)
            }
            guard declared == nil else { throw Self.several }
            declared = Declared(algorithm, try Self.value(at: index, algorithm, in: fields))
        }
        trailer = try Self.announced(in: fields)
        guard trailer == nil || declared == nil else { throw Self.several }
        try checkSDKAlgorithm(fields)
    }

    /// The checksum among a body's trailers.
    ///
    /// - Returns: `nil` where none was announced.
    /// - Throws: `MalformedTrailerError` where the announced one is missing or another is there,
    ///   `InvalidRequest` for a malformed value.
    public func trailerChecksum(in trailers: HTTPFields) throws(S3Error) -> Declared? {
        var found: Declared?
        for index in 0..<trailers.count
        where trailers.isName(startingWith: Self.prefix, at: index) {
            let name = trailers.name(at: index)
            guard let trailer, name == trailer.fieldName, found == nil else {
                throw S3Error(.malformedTrailer)
            }
            found = Declared(trailer, try Self.value(at: index, trailer, in: trailers))
        }
        guard found != nil || trailer == nil else { throw S3Error(.malformedTrailer) }
        return found
    }

    /// `BadDigest`: the body has another checksum than declared.
    public static func mismatch(_ algorithm: ChecksumAlgorithm) -> S3Error {
        S3Error(
            .badDigest,
            "The \(algorithm.rawValue) you specified did not match the calculated checksum."
        )
    }

    private static let prefix: StaticString = "x-amz-checksum-"
    private static let otherFields: Set<String> = [
        "x-amz-checksum-algorithm", "x-amz-checksum-mode", "x-amz-checksum-type",
    ]
    private static let several = S3Error(
        .invalidRequest,
        "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
    )

    private static func invalid(_ name: String) -> S3Error {
        S3Error(.invalidRequest, "Value for \(name) header is invalid.")
    }

    private static func unknown(_ name: String) -> S3Error {
        S3Error(.invalidRequest, "The checksum of the header \(name) is not supported.")
    }

    private static func value(
        at index: Int,
        _ algorithm: ChecksumAlgorithm,
        in fields: HTTPFields
    ) throws(S3Error) -> [UInt8] {
        guard let value = Base64.decode(fields.valueBytes(at: index)),
            value.count == algorithm.digestCount
        else { throw invalid(algorithm.fieldName) }
        return value
    }

    private static func contentMD5(in fields: HTTPFields) throws(S3Error) -> [UInt8]? {
        guard let index = fields.firstIndex(of: "content-md5") else { return nil }
        guard fields.occurrences(of: "content-md5") == 1,
            let value = Base64.decode(fields.valueBytes(at: index)), value.count == 16
        else { throw S3Error(.invalidDigest) }
        return value
    }

    private static func announced(in fields: HTTPFields) throws(S3Error) -> ChecksumAlgorithm? {
        var found: ChecksumAlgorithm?
        for value in fields.values(of: "x-amz-trailer") {
            for member in ObjectConditions.list(value) {
                let name = member.lowercased()
                guard name.hasPrefix(prefix.description) else { continue }
                guard let algorithm = ChecksumAlgorithm(fieldName: name) else {
                    throw S3Error(
                        .invalidRequest,
                        "The value specified in the x-amz-trailer header is not supported"
                    )
                }
                guard found == nil else { throw several }
                found = algorithm
            }
        }
        return found
    }

    private func checkSDKAlgorithm(_ fields: HTTPFields) throws(S3Error) {
        let name = "x-amz-sdk-checksum-algorithm"
        guard let text = fields[name] else { return }
        guard let named = ChecksumAlgorithm(rawValue: text.uppercased()) else {
            throw Self.invalid(name)
        }
        guard algorithm == nil || algorithm == named else { throw Self.invalid(name) }
    }
}
