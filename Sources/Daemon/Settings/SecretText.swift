/// A secret that came in as a setting, as a token or a secret access key.
///
/// It has no way into a text by accident: descriptions, debug descriptions and mirrors say
/// `(secret)` alone, and it isn't `Codable`. Sealgate's keys themselves are never settings' values.
public struct SecretText: Equatable, Sendable {
    /// The secret's bytes, for the one place that uses them.
    public let bytes: [UInt8]

    /// A secret of these bytes.
    public init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

    /// A secret of a text's UTF-8 bytes.
    public init(_ text: String) { bytes = Array(text.utf8) }

    /// Whether there is nothing in it.
    public var isEmpty: Bool { bytes.isEmpty }
}

extension SecretText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What stands for every secret in a text.
    static let mask = "(secret)"

    /// Always `(secret)`.
    public var description: String { Self.mask }

    /// Always `(secret)`.
    public var debugDescription: String { Self.mask }

    /// A mirror without children, so that `dump` shows nothing.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
