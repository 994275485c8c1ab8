import HTTPWire
import Testing

@Suite struct HTTPFieldRulesTests {
    private func isValue(_ bytes: [UInt8]) -> Bool { HTTPFieldRules.isValue(bytes.span) }

    @Test("finds a control byte of a value wherever it stands", arguments: UInt8.min...UInt8.max)
    func value(byte: UInt8) {
        let isLegal = byte >= 0x20 ? byte != 0x7f : byte == 0x09
        #expect(HTTPFieldRules.isValueByte(byte) == isLegal)
        for count in 1...20 {
            for position in 0..<count {
                for filler in [0x20, 0x41, 0x80, 0xff, 0x09] as [UInt8] {
                    var value = [UInt8](repeating: filler, count: count)
                    value[position] = byte
                    #expect(isValue(value) == isLegal)
                }
            }
        }
        #expect(isValue([]))
    }
}
