import Encoding
import TestSupport
import Testing

@Suite struct TimestampTests {
    @Test(
        "spells the same time in three ways",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z", "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (
                784_111_777_000, "1994-11-06T08:49:37.000Z", "19941106T084937Z",
                "Sun, 06 Nov 1994 08:49:37 GMT"
            ),
            (
                951_827_696_000, "2000-02-29T12:34:56.000Z", "20000229T123456Z",
                "Tue, 29 Feb 2000 12:34:56 GMT"
            ),
            (
                4_107_542_399_000, "2100-02-28T23:59:59.000Z", "21000228T235959Z",
                "Sun, 28 Feb 2100 23:59:59 GMT"
            ),
            (
                -1000, "1969-12-31T23:59:59.000Z", "19691231T235959Z",
                "Wed, 31 Dec 1969 23:59:59 GMT"
            ),
        ] as [(Int64, String, String, String)]
    )
    func forms(milliseconds: Int64, iso: String, basic: String, http: String) {
        let time = Timestamp(milliseconds: milliseconds)
        #expect(time.iso8601 == iso)
        #expect(time.basicISO8601 == basic)
        #expect(time.httpDate == http)
        #expect(Timestamp(iso8601: iso) == time)
        #expect(Timestamp(basicISO8601: basic) == time)
        #expect(Timestamp(httpDate: http) == time)
    }

    @Test("reads fractions of a second down to the millisecond")
    func fractions() {
        #expect(Timestamp(iso8601: "1970-01-01T00:00:00Z")?.milliseconds == 0)
        #expect(Timestamp(iso8601: "1970-01-01T00:00:00.5Z")?.milliseconds == 500)
        #expect(Timestamp(iso8601: "1970-01-01T00:00:00.25Z")?.milliseconds == 250)
        #expect(Timestamp(iso8601: "1970-01-01T00:00:00.123456789Z")?.milliseconds == 123)
    }

    @Test(
        "refuses what isn't a date in the form of S3's documents",
        arguments: [
            "", "1970-01-01", "1970-01-01T00:00:00", "1970-13-01T00:00:00Z",
            "1970-02-30T00:00:00Z", "1970-01-01T24:00:00Z", "1970-01-01 00:00:00Z",
            "1970-01-01T00:00:00.Z", "1970-01-01T00:00:00.123abcZ", "1970-01-01T00:00:00.12a4Z",
            "1970-01-01T00:00:00+00:00", "+970-01-01T00:00:00Z", "0000-01-01T00:00:00Z",
        ]
    )
    func isoRefusals(text: String) {
        #expect(Timestamp(iso8601: text) == nil)
    }

    @Test(
        "refuses what isn't a date in the form of SigV4",
        arguments: [
            "", "20261123T142235", "20261123 142235Z", "2026-123T142235Z", "20261323T142235Z",
        ]
    )
    func basicRefusals(text: String) {
        #expect(Timestamp(basicISO8601: text) == nil)
    }

    @Test(
        "refuses what isn't HTTP's preferred date form",
        arguments: [
            "", "Thu, 01 Jan 1970 00:00:00 UTC", "Thu; 01 Jan 1970 00:00:00 GMT",
            "Thu, 01-Jan-1970 00:00:00 GMT", "Xxx, 01 Jan 1970 00:00:00 GMT",
            "Thu, 01 jan 1970 00:00:00 GMT", "Thu, 31 Feb 1970 00:00:00 GMT",
            "Thu, 01 Jan 1970x00:00:00 GMT", "Thursday, 01-Jan-70 00:00:00 GMT",
        ]
    )
    func httpRefusals(text: String) {
        #expect(Timestamp(httpDate: text) == nil)
    }

    @Test("times beyond the calendar's years are their edges")
    func edges() {
        #expect(Timestamp(milliseconds: .min).iso8601 == "0001-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: .max).iso8601 == "9999-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: .min).httpDate == "Mon, 01 Jan 0001 00:00:00 GMT")
        #expect(Timestamp(seconds: .max).basicISO8601.count == 16)
    }

    @Test("whole seconds are rounded down on both sides of the epoch")
    func seconds() {
        #expect(Timestamp(milliseconds: 1999).seconds == 1)
        #expect(Timestamp(milliseconds: -1).seconds == -1)
        #expect(Timestamp(milliseconds: -1000).seconds == -1)
        #expect(Timestamp(milliseconds: -1001).seconds == -2)
    }

    @Test("every time within the calendar comes back")
    func roundTrips() {
        var random = SplitMix64(seed: 4)
        for _ in 0..<2000 {
            let range = Int64(253_402_300_799_999 + 62_135_596_800_000)
            let offset = Int64(random.next() % UInt64(range))
            let time = Timestamp(milliseconds: offset - 62_135_596_800_000)
            #expect(Timestamp(iso8601: time.iso8601) == time)
            #expect(Timestamp(httpDate: time.httpDate)?.seconds == time.seconds)
        }
    }
}
