public import Encoding
public import Logging

/// Writes each log event as one JSON object a line: time, level, message, then the metadata.
///
/// Metadata keys such as `request_id` stand beside the message; nested maps are flattened with
/// dots; a key that would hide one of the event's own gets a `_` behind it.
public struct JSONLogHandler: LogHandler {
    /// The least level that is written.
    public var logLevel: Logger.Level
    /// What stands in every event.
    public var metadata: Logger.Metadata = [:]
    /// What is asked for more metadata at every event.
    public var metadataProvider: Logger.MetadataProvider?

    private let sink: LineSink
    private let now: @Sendable () -> Timestamp

    private static let ownNames: Set<String> = ["time", "level", "message", "error", "source"]

    /// A handler that writes to `sink`.
    ///
    /// - Parameters:
    ///   - sink: where lines go.
    ///   - level: the least level that is written.
    ///   - now: the clock.
    public init(
        sink: LineSink,
        level: Logger.Level = .info,
        now: @escaping @Sendable () -> Timestamp = { SystemClock.now }
    ) {
        self.sink = sink
        self.now = now
        logLevel = level
    }

    /// A value of the metadata.
    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes an event.
    public func log(event: LogEvent) {
        var line = JSONLine()
        line.add("time", now().iso8601)
        line.add("level", event.level.rawValue)
        line.add("message", event.message.description)
        if let error = event.error { line.add("error", "\(error)") }
        if event.level <= .debug { line.add("source", event.source) }
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let given = event.metadata { all.merge(given) { _, new in new } }
        for (name, value) in all.sorted(by: { $0.key < $1.key }) {
            Self.add(Self.ownNames.contains(name) ? name + "_" : name, value, to: &line)
        }
        sink.write(line.finish())
    }

    private static func add(
        _ name: String,
        _ value: Logger.MetadataValue,
        to line: inout JSONLine
    ) {
        switch value {
        case .array(let values): line.add(name, values.map(\.description))
        case .dictionary(let values):
            for (key, value) in values.sorted(by: { $0.key < $1.key }) {
                add("\(name).\(key)", value, to: &line)
            }
        case .string, .stringConvertible: line.add(name, value.description)
        }
    }
}
