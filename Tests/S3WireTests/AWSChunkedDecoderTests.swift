import HTTPWire
import S3Wire
import TestSupport
import Testing

@Suite struct AWSChunkedDecoderTests {
    private static let signature = String(repeating: "0a", count: 32)

    /// Feeds a body in pieces and writes down what came out; data of one chunk is joined.
    static func decode(
        _ pieces: [[UInt8]],
        _ mode: PayloadMode,
        length: UInt64? = nil,
        limits: AWSChunkedDecoder.Limits = .init()
    ) throws(AWSChunkedError) -> [String] {
        var decoder = AWSChunkedDecoder(mode: mode, decodedLength: length, limits: limits)
        var log: [String] = []
        var data: [UInt8] = []
        for piece in pieces {
            var position = 0
            while let event = try decoder.next(piece.span, &position) {
                switch event {
                case .chunkBegan(let size, let signature):
                    log.append("began \(size)\(signature == nil ? "" : " signed")")
                case .data(let range): data += piece[range]
                case .chunkEnded:
                    log.append("ended \(String(decoding: data, as: UTF8.self))")
                    data = []
                case .trailers(let fields, let signature, let bytes):
                    let names = (0..<fields.count).map {
                        fields.name(at: $0) + "=" + fields.value(at: $0)
                    }
                    log.append("trailers \(names) \(signature ?? "-")")
                    log.append("signed \(String(decoding: bytes, as: UTF8.self))")
                case .end: log.append("end")
                }
            }
            #expect(position == piece.count)
        }
        try decoder.finish()
        return log
    }

    private static func fixture(_ name: String) throws -> [UInt8] {
        try FixtureFile.bytes("aws-chunked/\(name)")
    }

    private static func mode(_ name: String) -> PayloadMode {
        name.hasPrefix("signed-trailer")
            ? .streamingSignedTrailer
            : name.hasPrefix("signed") ? .streamingSigned : .streamingUnsignedTrailer
    }

    @Test(
        "gives the same events at every split",
        arguments: [
            ("unsigned-trailer", 11), ("unsigned-trailer-linefeed", 11), ("unsigned-empty", 0),
            ("signed", 11), ("signed-trailer", 11),
        ] as [(String, UInt64)]
    )
    func splits(name: String, length: UInt64) throws {
        let body = try Self.fixture(name)
        let mode = Self.mode(name)
        let whole = try Self.decode([body], mode, length: length)
        #expect(whole.last == "end")
        for split in 0...body.count {
            let pieces = [Array(body[..<split]), Array(body[split...])]
            #expect(try Self.decode(pieces, mode, length: length) == whole)
        }
        #expect(try Self.decode(body.map { [$0] }, mode, length: length) == whole)
        for end in 0..<body.count {
            #expect(throws: AWSChunkedError.endUnexpected) {
                try Self.decode([Array(body[..<end])], mode, length: length)
            }
        }
    }

    @Test("says what the fixtures hold")
    func contents() throws {
        #expect(
            try Self.decode([Self.fixture("unsigned-trailer")], .streamingUnsignedTrailer) == [
                "began 5", "ended hello", "began 6", "ended  world", "began 0", "ended ",
                "trailers [\"x-amz-checksum-crc32=DUoRhQ==\"] -",
                "signed x-amz-checksum-crc32:DUoRhQ==\n", "end",
            ]
        )
        #expect(
            try Self.decode([Self.fixture("signed")], .streamingSigned) == [
                "began 11 signed", "ended hello world", "began 0 signed", "ended ", "end",
            ]
        )
        #expect(
            try Self.decode([Self.fixture("signed-trailer")], .streamingSignedTrailer).suffix(3)
                == [
                    "trailers [\"x-amz-checksum-crc32=DUoRhQ==\"] \(Self.signature)",
                    "signed x-amz-checksum-crc32:DUoRhQ==\n", "end",
                ]
        )
    }

    private static let signed = ";chunk-signature=" + signature

    @Test(
        "refuses each malformation by its own name",
        arguments: [
            ("\r\n", .sizeInvalid), ("x\r\n", .sizeInvalid), ("+5\r\n", .sizeInvalid),
            (" 5\r\n", .sizeInvalid), ("0x5\r\n", .sizeInvalid), ("5_0\r\n", .sizeInvalid),
            ("-0\r\n", .sizeInvalid), ("00000000000000005\r\n", .sizeInvalid),
            ("5\nhello\r\n", .lineEndInvalid), ("5\r\r\n", .lineEndInvalid),
            ("5 \r\n", .sizeInvalid), ("5;a=b\r\n", .signatureInvalid),
            ("5\(signed)\r\n", .signatureInvalid), ("5\r\nhelloX", .chunkEndInvalid),
            ("5\r\nhello\rX", .chunkEndInvalid), ("5\r\nhello\n", .chunkEndInvalid),
            ("8000000000000000\r\n", .sizeTooLarge),
            ("0\r\nx-amz-checksum-crc32\r\n", .trailerInvalid), ("0\r\n:x\r\n", .trailerInvalid),
            ("0\r\na b:x\r\n", .trailerInvalid), ("0\r\na :x\r\n", .trailerInvalid),
            ("0\r\na:\u{1}\r\n", .trailerInvalid),
            ("0\r\nx-amz-trailer-signature:\(signature)\r\n", .signatureInvalid),
            ("0\r\na:1\r\nb:2\r\nc:3\r\n", .trailersUnexpected),
            ("0\r\na:" + String(repeating: "x", count: 200) + "\r\n", .lineTooLong),
            (String(repeating: "0", count: 200), .lineTooLong),
            ("0\r\n\r\n\r\n", .trailingBytes), ("0\r\n\r\nx", .trailingBytes),
            ("5\r\nhello\r\n", .endUnexpected), ("", .endUnexpected),
        ] as [(String, AWSChunkedError)]
    )
    func refusals(body: String, error: AWSChunkedError) {
        let limits = AWSChunkedDecoder.Limits(lineBytesMax: 128, trailerCountMax: 2)
        #expect(throws: error) {
            try Self.decode([Array(body.utf8)], .streamingUnsignedTrailer, limits: limits)
        }
        #expect(throws: error) {
            try Self.decode(
                body.utf8.map { [$0] },
                .streamingUnsignedTrailer,
                limits: limits
            )
        }
    }

    @Test("a signed body has a signature at every chunk and at its trailers")
    func signatures() {
        func body(_ text: String, _ mode: PayloadMode) throws(AWSChunkedError) -> [String] {
            try Self.decode([Array(text.utf8)], mode)
        }
        let last = "0\(Self.signed)\r\n"
        #expect(throws: AWSChunkedError.signatureMissing) { try body("5\r\n", .streamingSigned) }
        #expect(throws: AWSChunkedError.signatureInvalid) {
            try body("5;chunk-signature=00\r\n", .streamingSigned)
        }
        #expect(throws: AWSChunkedError.trailersUnexpected) {
            try body(last + "a:b\r\n", .streamingSigned)
        }
        #expect(throws: AWSChunkedError.signatureMissing) {
            try body(last + "a:b\r\n\r\n", .streamingSignedTrailer)
        }
        #expect(throws: AWSChunkedError.signatureInvalid) {
            try body(last + "x-amz-trailer-signature:0\r\n", .streamingSignedTrailer)
        }
        #expect(throws: AWSChunkedError.trailersUnexpected) {
            try body(
                last + "x-amz-trailer-signature:\(Self.signature)\r\na:b\r\n",
                .streamingSignedTrailer
            )
        }
    }

    @Test("the chunks have as many bytes as were announced")
    func lengths() throws {
        let body = Array("5\r\nhello\r\n0\r\n\r\n".utf8)
        #expect(try Self.decode([body], .streamingUnsignedTrailer, length: 5).last == "end")
        for length in [UInt64(4), 6, 0] {
            #expect(throws: AWSChunkedError.lengthMismatched) {
                try Self.decode([body], .streamingUnsignedTrailer, length: length)
            }
        }
        let limits = AWSChunkedDecoder.Limits(chunkBytesMax: 4)
        #expect(throws: AWSChunkedError.sizeTooLarge) {
            try Self.decode([body], .streamingUnsignedTrailer, limits: limits)
        }
    }

    @Test("sizes that overflow together are refused")
    func overflow() {
        var decoder = AWSChunkedDecoder(
            mode: .streamingUnsignedTrailer,
            decodedLength: nil,
            limits: .init(chunkBytesMax: .max)
        )
        let first = Array("1\r\nx\r\nffffffffffffffff\r\n".utf8)
        var position = 0
        #expect(throws: AWSChunkedError.lengthMismatched) {
            while try decoder.next(first.span, &position) != nil {}
        }
    }

    @Test("once it failed it fails the same again")
    func staysFailed() {
        var decoder = AWSChunkedDecoder(mode: .streamingUnsignedTrailer, decodedLength: nil)
        let body = Array("x\r\n0\r\n\r\n".utf8)
        var position = 0
        for _ in 0..<2 {
            #expect(throws: AWSChunkedError.sizeInvalid) {
                try decoder.next(body.span, &position)
            }
        }
        #expect(throws: AWSChunkedError.sizeInvalid) { try decoder.finish() }
    }

    @Test("the client is told the kind of damage")
    func responses() {
        #expect(AWSChunkedError.lengthMismatched.response.code == .incompleteBody)
        #expect(AWSChunkedError.endUnexpected.response.code == .incompleteBody)
        #expect(AWSChunkedError.signatureMissing.response.code == .signatureDoesNotMatch)
        #expect(AWSChunkedError.sizeInvalid.response.code == .invalidRequest)
        #expect(AWSChunkedError.sizeTooLarge.response.code == .entityTooLarge)
    }

    @Test("mutated bodies never trap")
    func mutations() throws {
        var random = SplitMix64(seed: 7)
        for name in ["unsigned-trailer", "signed", "signed-trailer"] {
            let body = try Self.fixture(name)
            for _ in 0..<2000 {
                var bytes = body
                for _ in 0...(random.next() % 3) {
                    bytes[Int(random.next() % UInt64(bytes.count))] =
                        UInt8(truncatingIfNeeded: random.next() % 128)
                }
                var decoder = AWSChunkedDecoder(mode: Self.mode(name), decodedLength: nil)
                var position = 0
                while let event = try? decoder.next(bytes.span, &position) {
                    if case .data(let range) = event { #expect(range.upperBound <= bytes.count) }
                }
                try? decoder.finish()
            }
        }
    }
}
