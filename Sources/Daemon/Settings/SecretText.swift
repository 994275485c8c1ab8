/// A secret that came in as a setting, as a token or a secret access key.
///
/// It has no way into a text by accident: descriptions, debug descriptions and mirrors say
/// `(secret)` alone, and it isn't `Codable`. Sealgate's keys themselves are never settings' values.
public struct SecretText: Equatable, Sendable {
    /// The secret's bytes, for the one place that uses them.
    public let bytes: [UInt8]
    /// The file that it was read from; `nil` where it was given itself.
    public let file: String?

    /// A secret of these bytes.
    public init(bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
        file = nil
    }

    /// A secret of a text's UTF-8 bytes.
    public init(_ text: String) { self.init(bytes: text.utf8) }

    /// The secret that stands in a file: all of it but the ends of lines behind it.
    ///
    /// - Parameters:
    ///   - file: its path.
    ///   - isShared: whether others may read the file too, as Kubernetes writes them.
    /// - Throws: the reason in words.
    public init(file: String, isShared: Bool = false) throws(SecretFileError) {
        var bytes: [UInt8]
        do throws(SystemFile.ReadError) {
            bytes = try SystemFile.read(file, bytesMax: Self.countMax, isSecret: !isShared)
        } catch {
            switch error {
            case .system(let reason): throw .unreadable(reason: reason)
            case .tooLong: throw .sizeInvalid
            case .unsafeMode(let octal): throw .exposed(mode: octal)
            }
        }
        while bytes.last == 0x0a || bytes.last == 0x0d { bytes.removeLast() }
        guard !bytes.isEmpty else { throw .sizeInvalid }
        self.bytes = bytes
        self.file = file
    }

    /// The longest secret in a file, in bytes.
    private static let countMax = 65_536

    /// Whether the two are the same secret, wherever they came from.
    public static func == (left: SecretText, right: SecretText) -> Bool {
        left.bytes == right.bytes
    }

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

/// Why a secret can't be had from a file.
public enum SecretFileError: Error, Equatable, Sendable {
    /// Group or others may read it; the mode in octal.
    case exposed(mode: String)
    /// Empty, or too long.
    case sizeInvalid
    /// The system's reason.
    case unreadable(reason: String)

    /// The error in words.
    public var reason: String {
        switch self {
        case .exposed(let mode): "has mode \(mode); run chmod 600"
        case .sizeInvalid: "is empty or too long"
        case .unreadable(let reason): reason
        }
    }
}
