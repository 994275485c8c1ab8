/// Reads files that settings name and that hold no secrets.
public enum SettingFile {
    /// The bytes of a regular file of at most `bytesMax` bytes.
    ///
    /// - Throws: why it can't be read.
    public static func read(_ path: String, bytesMax: Int) throws(SettingFileError) -> [UInt8] {
        do throws(SystemFile.ReadError) {
            return try SystemFile.read(path, bytesMax: bytesMax)
        } catch {
            switch error {
            case .system(let reason): throw SettingFileError(reason: reason)
            case .tooLong: throw SettingFileError(reason: "more than \(bytesMax) bytes")
            case .unsafeMode(let octal): throw SettingFileError(reason: "its mode is \(octal)")
            }
        }
    }
}

/// Why a file that a setting names can't be read.
public struct SettingFileError: Error, Equatable, Sendable {
    /// In words.
    public let reason: String
}
