import Encoding
import Testing

@Suite struct ByteCursorTests {
    @Test("reads back integers and prefixed bytes in order")
    func roundTrip() {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: UInt8(0xab))
        bytes.append(bigEndian: UInt16(0x0102))
        bytes.append(bigEndian: UInt64(0x0102_0304_0506_0708))
        bytes.append(prefixed: [9, 8, 7])
        #expect(bytes.count == 1 + 2 + 8 + 4 + 3)
        var cursor = ByteCursor(bytes)
        #expect(cursor.readInteger(UInt8.self) == 0xab)
        #expect(cursor.readInteger(UInt16.self) == 0x0102)
        #expect(cursor.readInteger(UInt64.self) == 0x0102_0304_0506_0708)
        #expect(cursor.readPrefixed(limit: 3) == [9, 8, 7])
        #expect(cursor.remaining == 0)
        #expect(cursor.offset == bytes.count)
    }

    @Test("gives nothing where too little is left")
    func tooShort() {
        var cursor = ByteCursor([1, 2, 3])
        #expect(cursor.read(4) == nil)
        #expect(cursor.read(-1) == nil)
        #expect(cursor.readInteger(UInt32.self) == nil)
        #expect(cursor.read(3) == [1, 2, 3])
        #expect(cursor.read(0) == [])
        #expect(cursor.read(1) == nil)
    }

    @Test("refuses a prefix over the limit or over what is there")
    func prefixes() {
        var long = ByteCursor([0xff, 0xff, 0xff, 0xff, 1])
        #expect(long.readPrefixed(limit: 10) == nil)
        var missing = ByteCursor([0, 0, 0, 2, 1])
        #expect(missing.readPrefixed(limit: 10) == nil)
        var limited = ByteCursor([0, 0, 0, 2, 1, 2])
        #expect(limited.readPrefixed(limit: 1) == nil)
    }

    @Test("counts from the start of a slice")
    func slices() {
        let bytes: [UInt8] = [0, 1, 2, 3]
        var cursor = ByteCursor(bytes[2...])
        #expect(cursor.remaining == 2)
        #expect(cursor.readInteger(UInt16.self) == 0x0203)
        #expect(cursor.offset == 2)
    }
}
