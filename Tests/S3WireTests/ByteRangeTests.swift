import S3Wire
import Testing

@Suite struct ByteRangeTests {
    @Test(
        "resolves as S3 does",
        arguments: [
            (nil, 10, .whole), ("bytes=0-9", 10, .part(0..<10)), ("bytes=0-0", 10, .part(0..<1)),
            ("bytes=5-", 10, .part(5..<10)), ("bytes=-3", 10, .part(7..<10)),
            ("bytes=-30", 10, .part(0..<10)), ("bytes=0-52428799", 10, .part(0..<10)),
            ("Bytes=1-2", 10, .part(1..<3)), ("bytes= 1-2", 10, .part(1..<3)),
            ("bytes=0001-0002", 10, .part(1..<3)),
            ("bytes=10-", 10, .unsatisfiable), ("bytes=10-20", 10, .unsatisfiable),
            ("bytes=-0", 10, .unsatisfiable), ("bytes=0-", 0, .unsatisfiable),
            ("bytes=-5", 0, .unsatisfiable), ("bytes=0-99999999999999999999999", 10, .part(0..<10)),
            ("bytes=99999999999999999999999-", 10, .unsatisfiable),
            ("bytes=0-18446744073709551615", .max, .part(0..<UInt64.max)),
            ("bytes=-18446744073709551615", .max, .part(0..<UInt64.max)),
            ("bytes=0-1,3-4", 10, .whole), ("bytes=5-3", 10, .whole), ("bytes=", 10, .whole),
            ("bytes=-", 10, .whole), ("bytes=a-b", 10, .whole), ("bytes=+1-2", 10, .whole),
            ("bytes=1", 10, .whole), ("items=0-1", 10, .whole), ("bytes=1-2 ", 10, .whole),
            ("bytes=--1", 10, .whole), ("", 10, .whole), ("bytes=1-2-3", 10, .whole),
        ] as [(String?, UInt64, ByteRange.Resolution)]
    )
    func resolutions(header: String?, size: UInt64, expected: ByteRange.Resolution) {
        #expect(ByteRange.resolve(header: header, size: size) == expected)
    }

    @Test("Content-Range names the last byte, not the end")
    func contentRange() {
        #expect(ByteRange.contentRange(0..<10, size: 100) == "bytes 0-9/100")
        #expect(ByteRange.contentRange(0..<0, size: 0) == "bytes */0")
    }

    @Test("416 says what was asked and what is there")
    func unsatisfiable() {
        let error = ByteRange.unsatisfiable(header: "bytes=9-", size: 3)
        #expect(error.status == 416)
        #expect(error.detail("RangeRequested") == "bytes=9-")
        #expect(error.detail("ActualObjectSize") == "3")
        #expect(error.fields["content-range"] == "bytes */3")
    }
}
