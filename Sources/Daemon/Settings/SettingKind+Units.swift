extension SettingKind {
    private static let sizeUnits: [(name: String, factor: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1),
    ]

    private static let timeUnits: [(name: String, milliseconds: Int)] = [
        ("ms", 1), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
    ]

    /// Reads `65536`, `64KiB`, `1GiB` …; `nil` for any other form and for what overflows.
    static func size(_ text: String) -> Int? {
        for unit in sizeUnits where text.hasSuffix(unit.name) {
            return product(text.dropLast(unit.name.count), unit.factor)
        }
        return product(text[...], 1)
    }

    /// Reads `500ms`, `15s`, `5m`, `1h`, `7d`; `nil` for any other form and for what overflows.
    static func duration(_ text: String) -> Duration? {
        for unit in timeUnits where text.hasSuffix(unit.name) {
            return product(text.dropLast(unit.name.count), unit.milliseconds).map {
                .milliseconds($0)
            }
        }
        return nil
    }

    /// The shortest text that `size(_:)` reads back.
    static func sizeText(_ bytes: Int) -> String {
        for unit in sizeUnits where bytes > 0 && bytes.isMultiple(of: unit.factor) {
            return unit.factor == 1 ? "\(bytes)" : "\(bytes / unit.factor)\(unit.name)"
        }
        return "\(bytes)"
    }

    /// The shortest text that `duration(_:)` reads back, in whole milliseconds.
    static func durationText(_ duration: Duration) -> String {
        let milliseconds = Int(duration.wholeMilliseconds)
        for unit in timeUnits.dropFirst()
        where milliseconds > 0 && milliseconds.isMultiple(of: unit.milliseconds) {
            return "\(milliseconds / unit.milliseconds)\(unit.name)"
        }
        return milliseconds == 0 ? "0s" : "\(milliseconds)ms"
    }

    private static func product(_ digits: Substring, _ factor: Int) -> Int? {
        guard (1...18).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(digits)
        else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}

extension Duration {
    /// Its whole milliseconds, as settings have times.
    public var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
