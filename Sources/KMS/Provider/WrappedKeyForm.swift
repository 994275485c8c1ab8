/// What anyone can read of a wrapped data key: which kind of KMS wrapped it.
public enum WrappedKeyForm {
    /// As `local version 2` or `vault version 1`; `aws or unknown` for every other form.
    public static func text(of wrapped: [UInt8]) -> String {
        if case .version(let version) = LocalWrap.recognize(wrapped) {
            return "local version \(version)"
        }
        if let vault = try? VaultWrapped(wrapped) { return "vault version \(vault.version)" }
        return "aws or unknown"
    }
}
