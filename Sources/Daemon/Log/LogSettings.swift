public import Logging

/// The settings of logging, the same for both programs.
public enum LogSettings {
    /// `log.level`.
    public static let level = SettingKey<Logger.Level>.choice(
        "log.level",
        default: .info,
        "Least level of events that are logged."
    )
}
