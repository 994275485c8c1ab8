/// Rules and notation of the Prometheus text format, version 0.0.4.
enum MetricName {
    /// Whether a metric may be called so: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func isValid(metric name: String) -> Bool {
        isValid(name) { $0 == UInt8(ascii: ":") }
    }

    /// Whether a label may be called so: `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with `__`.
    ///
    /// `le` is refused too: it belongs to histograms.
    static func isValid(label name: String) -> Bool {
        isValid(name) { _ in false } && !name.hasPrefix("__") && name != "le"
    }

    /// The labels in braces, sorted by name and escaped; empty without labels.
    static func labels(_ labels: [String: String], le: String? = nil) -> String {
        var pairs = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(escaped($0.value))\"" }
        if let le { pairs.append("le=\"\(le)\"") }
        return pairs.isEmpty ? "" : "{" + pairs.joined(separator: ",") + "}"
    }

    /// A help text with `\` and line feeds escaped.
    static func help(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
    }

    /// A number: whole ones without a fraction.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value) { return "\(whole)" }
        return "\(value)"
    }

    private static func escaped(_ value: String) -> String {
        help(value).replacing("\"", with: "\\\"")
    }

    private static func isValid(_ name: String, _ extra: (UInt8) -> Bool) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f: true
            default: extra(byte)
            }
        }
    }
}
