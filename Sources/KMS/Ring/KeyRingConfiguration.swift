internal import Encoding

/// What a ring works with at a time; replaced as a whole.
final class KeyRingConfiguration: Sendable {
    let settings: KeyRingSettings
    let provider: any KeyProvider
    let calls: ProviderCalls

    init(
        _ settings: KeyRingSettings,
        _ provider: any KeyProvider,
        _ environment: KeyRingEnvironment
    ) {
        self.settings = settings
        self.provider = provider
        calls = ProviderCalls(settings: settings, environment: environment)
    }

    /// Wraps and unwraps a data key under the default key.
    ///
    /// - Throws: what that fails with.
    func probe() async throws(KMSError) {
        guard let keyID = settings.defaultKeyID else { throw .notConfigured }
        let context = try EncryptionContext([("sealgate", "probe1")])
        // Of a chain the one that wraps: a retired one's word proves nothing for it.
        let provider = provider.wrapping
        let generated = try await calls.once { () async throws(KMSError) in
            try await provider.generateDataKey(under: keyID, context: context)
        }
        let key = try await calls.once { () async throws(KMSError) in
            try await provider.decrypt(generated.wrapped, under: keyID, context: context)
        }
        guard key.isEqual(to: generated.key) else { throw .ciphertextInvalid }
    }
}
