import COpenSSL

/// AES-GCM of one of OpenSSL's providers, straight over EVP.
final class EVPCipher {
    enum Provider: String, CaseIterable, Sendable {
        case stock = "provider=default"
        case accelerated = "provider=sealgate-aes-gcm"
    }

    struct Refused: Error, Equatable {}

    let context: OpaquePointer
    private let algorithm: OpaquePointer

    /// A cipher for keys of 16 or 32 bytes.
    init(_ provider: Provider, keyCount: Int) throws {
        guard
            let algorithm = EVP_CIPHER_fetch(nil, "AES-\(keyCount * 8)-GCM", provider.rawValue),
            let context = EVP_CIPHER_CTX_new()
        else { throw Refused() }
        self.algorithm = algorithm
        self.context = context
    }

    deinit {
        EVP_CIPHER_CTX_free(context)
        EVP_CIPHER_free(algorithm)
        ERR_clear_error()
    }

    func start(key: [UInt8]?, nonce: [UInt8]?, seals: Bool) throws {
        let cipher = key == nil ? nil : algorithm
        try check(EVP_CipherInit_ex2(context, cipher, key, nonce, seals ? 1 : 0, nil))
    }

    func authenticate(_ bytes: [UInt8]) throws {
        var count: CInt = 0
        if bytes.isEmpty { return }
        try check(EVP_CipherUpdate(context, nil, &count, bytes, CInt(bytes.count)))
    }

    /// Encrypts or decrypts a piece in place.
    func update(_ bytes: inout ArraySlice<UInt8>) throws {
        if bytes.isEmpty { return }
        var count: CInt = 0
        let result = bytes.withUnsafeMutableBufferPointer {
            EVP_CipherUpdate(context, $0.baseAddress, &count, $0.baseAddress, CInt($0.count))
        }
        try check(result)
        guard count == bytes.count else { throw Refused() }
    }

    func finish() throws {
        var count: CInt = 0
        var none = [UInt8](repeating: 0, count: 16)
        try check(EVP_CipherFinal_ex(context, &none, &count))
        guard count == 0 else { throw Refused() }
    }

    func setTag(_ tag: [UInt8]) throws {
        try check(sealgate_gcm_set_tag(context, tag, CInt(tag.count)))
    }

    func tag() throws -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: 16)
        try check(sealgate_gcm_get_tag(context, &tag, 16))
        return tag
    }

    /// A message in pieces that end at `splits`; the tag is appended.
    func seal(
        _ plaintext: [UInt8],
        associated: [UInt8],
        splits: [Int] = []
    ) throws -> [UInt8] {
        try authenticate(associated)
        let ciphertext = try crypt(plaintext, splits)
        try finish()
        return try ciphertext + tag()
    }

    /// The plaintext of ciphertext and tag.
    func open(_ sealed: [UInt8], associated: [UInt8], splits: [Int] = []) throws -> [UInt8] {
        try authenticate(associated)
        let plaintext = try crypt(Array(sealed.dropLast(16)), splits)
        try setTag(Array(sealed.suffix(16)))
        try finish()
        return plaintext
    }

    private func crypt(_ input: [UInt8], _ splits: [Int]) throws -> [UInt8] {
        var output: [UInt8] = []
        var start = 0
        for end in splits.filter({ $0 <= input.count }).sorted() + [input.count] {
            var piece = input[start..<end]
            try update(&piece)
            output += piece
            start = end
        }
        return output
    }

    private func check(_ result: CInt) throws {
        guard result == 1 else { throw Refused() }
    }
}
