import NIOCore
import TestSupport
import Testing

@testable import SecureTransport

@Suite("records of TLS 1.3")
struct TLSRecordTests {
    private let suite = TLSRecordSuite.aes128GCM
    private var records = ClientRecords()

    private static func secret(_ digits: String) throws -> TLSTrafficSecret {
        try #require(Array(digits.utf8).withUnsafeBufferPointer { .init(hexadecimal: $0) })
    }

    private func makeReader() throws -> TLSRecordReader {
        try TLSRecordReader(suite, Self.secret(ClientRecords.secret))
    }

    /// What a reader makes of these bytes, fed in these pieces.
    private func read(
        _ reader: inout TLSRecordReader,
        _ bytes: [UInt8],
        piece: Int = .max
    ) throws -> [UInt8] {
        var (inbound, all): (TLSInbound, [UInt8]) = (TLSInbound(), [])
        for part in Pieces(bytes, piece) {
            inbound.append(ByteBuffer(bytes: part))
            var end = TLSReadEnd.full
            while end == .full {
                var buffer = ByteBufferAllocator().buffer(capacity: inbound.count)
                defer { all += buffer.readableBytesView }
                end = try reader.read(from: &inbound, into: &buffer)
            }
        }
        return all
    }

    private func failure(of bytes: [UInt8]) throws -> TLSRecordError? {
        var reader = try makeReader()
        return try #require(throws: TLSRecordError.self) { try read(&reader, bytes) }
    }

    // RFC 8448 section 3: application data and alerts.
    @Test func `the client's records of RFC 8448 are read`() throws {
        var reader = try makeReader()
        let data = bytes(
            """
            17 03 03 00 43 a2 3f 70 54 b6 2c 94 d0 af fa fe 82 28 ba 55 cb ef ac ea 42 f9 14 aa 66
            bc ab 3f 2b 98 19 a8 a5 b4 6b 39 5b d5 4a 9a 20 44 1e 2b 62 97 4e 1f 5a 62 92 a2 97 70
            14 bd 1e 3d ea e6 3a ee bb 21 69 49 15 e4
            """
        )
        #expect(try read(&reader, data) == Array(0..<50))
        let alert = bytes(
            "17 03 03 00 13 c9 87 27 60 65 56 66 b7 4d 7f f1 15 3e fd 6d b6 d0 b0 e3"
        )
        #expect(try read(&reader, alert) == [])
        #expect(reader.isClosed)
    }

    @Test func `the server's records of RFC 8448 are made`() throws {
        let secret = try Self.secret(
            "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"
        )
        // The ticket was the first.
        var writer = try TLSRecordWriter(suite, secret, sequence: 1)
        var sent = ByteBuffer()
        try writer.write([], into: &sent)
        #expect(sent.readableBytes == 0)
        try writer.write(Array(0..<50), into: &sent)
        try writer.write(.closeNotify, into: &sent)
        let expected = bytes(
            """
            17 03 03 00 43 2e 93 7e 11 ef 4a c7 40 e5 38 ad 36 00 5f c4 a4 69 32 fc 32 25 d0 5f 82
            aa 1b 36 e3 0e fa f9 7d 90 e6 df fc 60 2d cb 50 1a 59 a8 fc c4 9c 4b f2 e5 f0 a2 1c 00
            47 c2 ab f3 32 54 0d d0 32 e1 67 c2 95 5d
            17 03 03 00 13 b5 8f d6 71 66 eb f5 99 d2 47 20 cf be 7e fa 7a 88 64 a9
            """
        )
        #expect(Array(sent.readableBytesView) == expected)
    }

    @Test mutating func `every split is the same`() throws {
        let all =
            records.seal([1, 2, 3]) + records.seal([]) + records.seal([], padding: 9)
            + records.seal([4], padding: 100) + records.seal([1, 90], type: 21)
            + records.seal([UInt8](5..<60))
        for piece in 1...all.count {
            var reader = try makeReader()
            #expect(try read(&reader, all, piece: piece) == [1, 2, 3, 4] + [UInt8](5..<60))
        }
    }

    @Test mutating func `a record with any bit changed is refused`() throws {
        let record = records.seal([1, 2, 3], padding: 2)
        for index in record.indices {
            for bit in 0..<8 {
                var changed = record
                changed[index] ^= 1 << bit
                var reader = try makeReader()
                // A longer record is waited for, and fails when it is whole.
                changed += [UInt8](repeating: 0, count: 20_000)
                #expect(throws: TLSRecordError.self) { try read(&reader, changed) }
            }
        }
    }

    @Test mutating func `records out of their order are refused`() throws {
        let (first, second) = (records.seal([1]), records.seal([2]))
        #expect(try failure(of: second) == .badRecord)
        #expect(try failure(of: first + first) == .badRecord)
    }

    @Test mutating func `what came before a bad record is kept, and nothing of it`() throws {
        var (reader, inbound) = (try makeReader(), TLSInbound())
        var bad = records.seal([1, 2]) + records.seal([3, 4])
        bad[bad.count - 1] ^= 1
        inbound.append(ByteBuffer(bytes: bad))
        var buffer = ByteBufferAllocator().buffer(capacity: inbound.count)
        #expect(throws: TLSRecordError.badRecord) {
            try reader.read(from: &inbound, into: &buffer)
        }
        #expect(Array(buffer.readableBytesView) == [1, 2])
        #expect(buffer.withUnsafeMutableWritableBytes { $0.prefix(3).allSatisfy { $0 == 0 } })
    }

    @Test mutating func `the largest record is read, a larger one refused`() throws {
        var reader = try makeReader()
        let largest = [UInt8](repeating: 7, count: 16_384)
        #expect(try read(&reader, records.seal(largest)) == largest)
        let padded = records.seal([UInt8](repeating: 7, count: 16_000), padding: 384)
        #expect(try read(&reader, padded).count == 16_000)
        records = ClientRecords()
        #expect(try failure(of: records.seal(largest, padding: 1)) == .recordOverflow)
        // By its header alone.
        #expect(try failure(of: [23, 3, 3, 0x41, 0x01]) == .recordOverflow)
    }

    @Test(arguments: [
        ([23, 3, 3, 0, 0], TLSRecordError.badRecord), ([23, 3, 3, 0, 16], .badRecord),
        ([20, 3, 3, 0, 1, 1], .unexpectedMessage),
        ([21, 3, 3, 0, 2, 1, 0], .unexpectedMessage),
    ])
    func `records too short to be protected are refused`(
        bytes: [UInt8],
        expected: TLSRecordError
    ) throws {
        let rest = [UInt8](repeating: 0, count: 5 + Int(bytes[4]) - bytes.count)
        #expect(try failure(of: bytes + rest) == expected)
    }

    @Test mutating func `outer types other than data are refused`() throws {
        for type in [0, 20, 21, 22, 24] as [UInt8] {
            records = ClientRecords()
            let record = records.seal(inner: [1, 23], outerType: type)
            #expect(try failure(of: record) == .unexpectedMessage)
        }
    }

    @Test(
        arguments: [
            (20, [1], TLSRecordError.unexpectedMessage), (24, [1, 0, 0], .unexpectedMessage),
            (21, [], .decodeError), (21, [2], .decodeError), (21, [1, 0, 0], .decodeError),
            (21, [2, 40], .alert(40)), (21, [1, 41], .alert(41)),
            // Messages of clients that have no place: a certificate, KeyUpdates of the wrong form.
            (22, [], .unexpectedMessage), (22, [11, 0, 0, 1, 0], .unexpectedMessage),
            (22, [24, 0, 0, 1], .decodeError), (22, [24, 0, 0, 1, 2], .decodeError),
            (22, [24, 0, 0, 2, 0], .decodeError),
            (22, [24, 0, 0, 1, 0, 24, 0, 0, 1, 0], .decodeError),
        ] as [(UInt8, [UInt8], TLSRecordError)]
    )
    mutating func `contents without a place are refused`(
        type: UInt8,
        content: [UInt8],
        expected: TLSRecordError
    ) throws {
        #expect(try failure(of: records.seal(content, type: type)) == expected)
    }

    @Test mutating func `a record of nothing but padding is refused`() throws {
        #expect(try failure(of: records.seal(inner: [0, 0, 0])) == .unexpectedMessage)
    }

    @Test mutating func `records without data are limited in a row`() throws {
        var reader = try makeReader()
        for _ in 0..<3 {
            for _ in 0..<TLSRecordReader.emptyCountMax {
                #expect(try read(&reader, records.seal([])) == [])
            }
            #expect(try read(&reader, records.seal([9])) == [9])
        }
        var rest: [UInt8] = []
        for _ in 0...TLSRecordReader.emptyCountMax { rest += records.seal([1, 90], type: 21) }
        #expect(throws: TLSRecordError.tooManyEmptyRecords) { try read(&reader, rest) }
    }

    @Test mutating func `nothing is read behind close_notify`() throws {
        var reader = try makeReader()
        let all = records.seal([1]) + records.seal([1, 0], type: 21) + records.seal([2])
        #expect(try read(&reader, all) == [1])
        #expect(reader.isClosed)
    }

    @Test(arguments: [TLSRecordSuite.aes128GCM, .aes256GCM])
    func `keys are renewed when so many records went under them`(suite: TLSRecordSuite) throws {
        let digits = String(repeating: "5a", count: suite.secretCount)
        var writer = try TLSRecordWriter(
            suite,
            Self.secret(digits),
            sequence: 0,
            recordCountMax: 3
        )
        var reader = try TLSRecordReader(suite, Self.secret(digits))
        var (random, sent, plain) = (SplitMix64(seed: 3), ByteBuffer(), [UInt8]())
        for _ in 0..<40 {
            let bytes = random.bytes(Int.random(in: 1...40_000, using: &random))
            plain += bytes
            try writer.write(bytes, into: &sent)
        }
        #expect(try read(&reader, Array(sent.readableBytesView), piece: 10_000) == plain)
        #expect(!reader.isUpdateRequested)
    }

    @Test func `whatever comes ends in an error or in data that were sealed`() throws {
        var random = SplitMix64(seed: 5)
        for _ in 0..<2_000 {
            var records = ClientRecords()
            var bytes: [UInt8] = []
            for index in 0..<3 {
                bytes += records.seal(random.bytes(Int.random(in: 0...40, using: &random)))
                if index == 1 { bytes += random.bytes(Int.random(in: 0...2, using: &random)) }
            }
            let place = Int.random(in: 0..<bytes.count, using: &random)
            bytes[place] = UInt8.random(in: 0...255, using: &random)
            var reader = try makeReader()
            _ = try? read(&reader, bytes, piece: Int.random(in: 1...50, using: &random))
        }
    }
}
