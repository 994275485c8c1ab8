internal import CHashing
internal import COpenSSL

/// A hash function that OpenSSL computes.
public enum HashFunction: Hashable, Sendable {
    /// MD5, 16 bytes, RFC 1321: for S3's ETags and `Content-MD5` only.
    case md5
    /// SHA-1, 20 bytes, FIPS 180-4: for S3's checksums and SigV2 only.
    case sha1
    /// SHA-256, 32 bytes, FIPS 180-4.
    case sha256
    /// SHA-384, 48 bytes, FIPS 180-4.
    case sha384

    /// The length of a digest in bytes.
    public var digestCount: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        }
    }

    // Fetched once: a fetch at each use costs more than hashing a short message.
    private nonisolated(unsafe) static let fetchedMD5 = unsafe EVP_MD_fetch(nil, "MD5", nil)
    private nonisolated(unsafe) static let fetchedSHA1 = unsafe EVP_MD_fetch(nil, "SHA1", nil)
    private nonisolated(unsafe) static let fetchedSHA256 = unsafe EVP_MD_fetch(nil, "SHA256", nil)
    private nonisolated(unsafe) static let fetchedSHA384 = unsafe EVP_MD_fetch(nil, "SHA384", nil)

    var algorithm: OpaquePointer? {
        switch self {
        case .md5: unsafe Self.fetchedMD5
        case .sha1: unsafe Self.fetchedSHA1
        case .sha256: unsafe Self.fetchedSHA256
        case .sha384: unsafe Self.fetchedSHA384
        }
    }

    var name: String {
        switch self {
        case .md5: "MD5"
        case .sha1: "SHA1"
        case .sha256: "SHA256"
        case .sha384: "SHA384"
        }
    }

    // SHA-2 is called itself, which is half of what it costs by name; not where OpenSSL is set to
    // FIPS algorithms only, which come by name alone.
    static let isDirect = EVP_default_properties_is_fips_enabled(nil) == 0

    /// The digest of `bytes`, `digestCount` bytes.
    public func digest(_ bytes: Span<UInt8>) -> [UInt8] {
        switch self {
        case .sha256: return Self.array(Self.sha256(bytes))
        case .sha384: return Self.array(Self.sha384(bytes))
        case .md5, .sha1: return digestByName(bytes)
        }
    }

    // An array of a length that is set beforehand costs as much as the digest of a short text.
    private static func array<let count: Int>(_ digest: InlineArray<count, UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        unsafe digest.span.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        return bytes
    }

    /// The SHA-256 of `bytes`, where no memory is wanted for it.
    public static func sha256(_ bytes: Span<UInt8>) -> InlineArray<32, UInt8> {
        guard isDirect else { return copy(sha256.digestByName(bytes)) }
        return unsafe inPlace(bytes, sealgate_sha256)
    }

    /// The SHA-384 of `bytes`, where no memory is wanted for it.
    public static func sha384(_ bytes: Span<UInt8>) -> InlineArray<48, UInt8> {
        guard isDirect else { return copy(sha384.digestByName(bytes)) }
        return unsafe inPlace(bytes, sealgate_sha384)
    }

    private static func inPlace<let count: Int>(
        _ bytes: Span<UInt8>,
        _ function: (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?) -> Void
    ) -> InlineArray<count, UInt8> {
        var digest = InlineArray<count, UInt8>(repeating: 0)
        var span = digest.mutableSpan
        unsafe span.withUnsafeMutableBufferPointer { digest in
            unsafe bytes.withUnsafeBufferPointer {
                unsafe function($0.baseAddress, $0.count, digest.baseAddress)
            }
        }
        return digest
    }

    static func copy<let count: Int>(_ bytes: [UInt8]) -> InlineArray<count, UInt8> {
        var copy = InlineArray<count, UInt8>(repeating: 0)
        for index in 0..<min(count, bytes.count) { copy[index] = bytes[index] }
        return copy
    }

    /// The digest as OpenSSL's provider makes it.
    func digestByName(_ bytes: Span<UInt8>) -> [UInt8] {
        var hasher = Hasher(self)
        hasher.update(bytes)
        return hasher.finish()
    }

    /// The digest of `bytes`, `digestCount` bytes.
    public func digest(_ bytes: [UInt8]) -> [UInt8] { digest(bytes.span) }
}

/// A digest in the making.
@safe
public struct Hasher: ~Copyable {
    private let context: OpaquePointer
    private let function: HashFunction
    /// Whether the last digest was made: the next begins the context anew.
    private var isFinished = false

    /// A hasher that has seen no bytes.
    public init(_ function: HashFunction) {
        self.function = function
        // A hash can't be refused for its input: without memory there is nothing to go on with.
        guard let context = unsafe EVP_MD_CTX_new(),
            unsafe EVP_DigestInit_ex(context, function.algorithm, nil) == 1
        else { preconditionFailure("OpenSSL has no \(function.name)") }
        unsafe self.context = context
    }

    /// Takes the next bytes in.
    public mutating func update(_ bytes: Span<UInt8>) {
        beginAnew()
        unsafe bytes.withUnsafeBytes {
            _ = unsafe EVP_DigestUpdate(context, $0.baseAddress, $0.count)
        }
    }

    /// Takes the next bytes in.
    public mutating func update(_ bytes: [UInt8]) { update(bytes.span) }

    /// The digest of all bytes; the hasher begins anew.
    public mutating func finish() -> [UInt8] {
        beginAnew()
        var digest = [UInt8](repeating: 0, count: function.digestCount)
        unsafe digest.withUnsafeMutableBufferPointer {
            _ = unsafe EVP_DigestFinal_ex(context, $0.baseAddress, nil)
        }
        isFinished = true
        return digest
    }

    private mutating func beginAnew() {
        guard isFinished else { return }
        _ = unsafe EVP_DigestInit_ex(context, function.algorithm, nil)
        isFinished = false
    }

    deinit { unsafe EVP_MD_CTX_free(context) }
}
