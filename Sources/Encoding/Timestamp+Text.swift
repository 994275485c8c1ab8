extension Timestamp {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `2026-11-23T14:22:35.000Z`, as S3's XML writes times.
    public var iso8601: String {
        let time = calendar
        var text: [UInt8] = []
        text.reserveCapacity(24)
        Self.append(time.year, digits: 4, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(time.month, digits: 2, to: &text)
        text.append(UInt8(ascii: "-"))
        Self.append(time.day, digits: 2, to: &text)
        text.append(UInt8(ascii: "T"))
        Self.appendClock(time, to: &text)
        text.append(UInt8(ascii: "."))
        Self.append(time.millisecond, digits: 3, to: &text)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    /// `20261123T142235Z`, as SigV4 writes times.
    public var basicISO8601: String {
        var text: [UInt8] = []
        text.reserveCapacity(16)
        appendBasicISO8601(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends `20261123T142235Z`, as SigV4 writes times.
    public func appendBasicISO8601(to text: inout [UInt8]) {
        let time = calendar
        // Appended at once: each request is signed over it.
        var bytes = InlineArray<16, UInt8>(repeating: UInt8(ascii: "T"))
        Self.set(&bytes, at: 0, time.year / 100)
        Self.set(&bytes, at: 2, time.year)
        Self.set(&bytes, at: 4, time.month)
        Self.set(&bytes, at: 6, time.day)
        Self.set(&bytes, at: 9, time.hour)
        Self.set(&bytes, at: 11, time.minute)
        Self.set(&bytes, at: 13, time.second)
        bytes[15] = UInt8(ascii: "Z")
        text.append(bytes.span)
    }

    /// Sets two digits.
    private static func set(_ bytes: inout InlineArray<16, UInt8>, at index: Int, _ value: Int) {
        bytes[index] = digit(value / 10)
        bytes[index + 1] = digit(value)
    }

    /// `Mon, 23 Nov 2026 14:22:35 GMT`, RFC 9110 section 5.6.7.
    public var httpDate: String {
        let time = calendar
        var text: [UInt8] = Array(Self.weekdays[time.weekday].utf8)
        text.append(contentsOf: ", ".utf8)
        Self.append(time.day, digits: 2, to: &text)
        text.append(UInt8(ascii: " "))
        text.append(contentsOf: Self.months[time.month - 1].utf8)
        text.append(UInt8(ascii: " "))
        Self.append(time.year, digits: 4, to: &text)
        text.append(UInt8(ascii: " "))
        Self.appendClock(time, to: &text)
        text.append(contentsOf: " GMT".utf8)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads `20261123T142235Z`; `nil` for any other form.
    public init?(basicISO8601 text: String) { self.init(basicISO8601: text.utf8.span) }

    /// Reads `20261123T142235Z`; `nil` for any other form.
    public init?(basicISO8601 bytes: Span<UInt8>) {
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z"),
            let year = Self.number(bytes, 0..<4), let month = Self.number(bytes, 4..<6),
            let day = Self.number(bytes, 6..<8), let hour = Self.number(bytes, 9..<11),
            let minute = Self.number(bytes, 11..<13), let second = Self.number(bytes, 13..<15),
            let time = CalendarTime.timestamp(
                year: year,
                month: month,
                day: day,
                hour: hour,
                minute: minute,
                second: second
            )
        else { return nil }
        self = time
    }

    /// Reads `2026-11-23T14:22:35Z`, with or without a fraction of a second; else `nil`.
    public init?(iso8601 text: String) {
        let utf8 = text.utf8
        let bytes = utf8.span
        guard bytes.count >= 20, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"), bytes[bytes.count - 1] == UInt8(ascii: "Z"),
            let year = Self.number(bytes, 0..<4), let month = Self.number(bytes, 5..<7),
            let day = Self.number(bytes, 8..<10), let hour = Self.number(bytes, 11..<13),
            let minute = Self.number(bytes, 14..<16), let second = Self.number(bytes, 17..<19),
            let millisecond = Self.millisecond(bytes, 19..<(bytes.count - 1)),
            let time = CalendarTime.timestamp(
                year: year,
                month: month,
                day: day,
                hour: hour,
                minute: minute,
                second: second,
                millisecond: millisecond
            )
        else { return nil }
        self = time
    }

    /// Reads RFC 9110's preferred date form, `Mon, 23 Nov 2026 14:22:35 GMT`; else `nil`.
    public init?(httpDate text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 29, bytes[25...].elementsEqual(" GMT".utf8),
            bytes[3...4].elementsEqual(", ".utf8), bytes[7] == 0x20, bytes[11] == 0x20,
            bytes[16] == 0x20, bytes[19] == UInt8(ascii: ":"), bytes[22] == UInt8(ascii: ":"),
            Self.weekdays.contains(String(decoding: bytes[0..<3], as: UTF8.self)),
            let day = Self.number(bytes[5..<7]),
            let month = Self.months.firstIndex(of: String(decoding: bytes[8..<11], as: UTF8.self)),
            let year = Self.number(bytes[12..<16]), let hour = Self.number(bytes[17..<19]),
            let minute = Self.number(bytes[20..<22]), let second = Self.number(bytes[23..<25]),
            let time = CalendarTime.timestamp(
                year: year,
                month: month + 1,
                day: day,
                hour: hour,
                minute: minute,
                second: second
            )
        else { return nil }
        self = time
    }

    private static func appendClock(_ time: CalendarTime, to text: inout [UInt8]) {
        append(time.hour, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(time.minute, digits: 2, to: &text)
        text.append(UInt8(ascii: ":"))
        append(time.second, digits: 2, to: &text)
    }

    private static func append(_ value: Int, digits: Int, to text: inout [UInt8]) {
        if digits > 3 { text.append(digit(value / 1000)) }
        if digits > 2 { text.append(digit(value / 100)) }
        text.append(digit(value / 10))
        text.append(digit(value))
    }

    private static func digit(_ value: Int) -> UInt8 {
        0x30 + UInt8(truncatingIfNeeded: value % 10)
    }

    /// Of a fraction of a second with its point, of 1 to 9 digits; 0 where there is none.
    private static func millisecond(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        guard !range.isEmpty else { return 0 }
        let start = range.lowerBound + 1
        guard bytes[range.lowerBound] == UInt8(ascii: "."), (1...9).contains(range.count - 1),
            number(bytes, start..<range.upperBound) != nil,
            let value = number(bytes, start..<min(start + 3, range.upperBound))
        else { return nil }
        switch range.count - 1 {
        case 1: return value * 100
        case 2: return value * 10
        default: return value
        }
    }

    private static func number(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var value = 0
        for index in range {
            guard (0x30...0x39).contains(bytes[index]) else { return nil }
            value = value * 10 + Int(bytes[index] - 0x30)
        }
        return value
    }

    private static func number(_ digits: some Collection<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }
}
