/// Decimal digits, without signs, spaces or underscores: what `Int(_:)` takes beside is refused.
enum DecimalText {
    /// The value of 1 to 20 digits; `nil` for anything else and for what is over `UInt64.max`.
    static func unsigned(_ digits: some Collection<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.count <= 20 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(UInt64(digit - 0x30))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    /// The value as an `Int`, else `nil`.
    static func integer(_ digits: some Collection<UInt8>) -> Int? {
        unsigned(digits).flatMap { Int(exactly: $0) }
    }
}
