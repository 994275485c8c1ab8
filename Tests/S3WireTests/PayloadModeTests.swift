import HTTPWire
import S3Wire
import Testing

@Suite struct PayloadModeTests {
    private func mode(_ value: String?) throws -> PayloadMode {
        try PayloadMode(HTTPFields(value.map { [(PayloadMode.fieldName, $0)] } ?? []))
    }

    @Test(
        "reads the five modes and the absence",
        arguments: [
            (nil, .absent), ("UNSIGNED-PAYLOAD", .unsigned),
            ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", .streamingUnsignedTrailer),
            ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", .streamingSigned),
            ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", .streamingSignedTrailer),
            (
                String(repeating: "aF", count: 32),
                .signed(digest: [UInt8](repeating: 0xaf, count: 32))
            ),
        ] as [(String?, PayloadMode)]
    )
    func modes(value: String?, expected: PayloadMode) throws {
        #expect(try mode(value) == expected)
    }

    @Test("refuses other values", arguments: ["", "abc", "unsigned-payload", "STREAMING-X", "00"])
    func refusals(value: String) {
        #expect { try mode(value) } throws: { ($0 as? S3Error)?.code == .invalidArgument }
    }

    @Test("elliptic curves are not implemented")
    func ecdsa() {
        #expect { try mode("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD") } throws: {
            ($0 as? S3Error)?.code == .notImplemented
        }
    }

    @Test("tells framing, signatures and trailers apart")
    func properties() {
        #expect(!PayloadMode.unsigned.isChunked)
        #expect(PayloadMode.streamingSigned.isChunked)
        #expect(PayloadMode.streamingSigned.isChunkSigned)
        #expect(!PayloadMode.streamingSigned.hasTrailers)
        #expect(PayloadMode.streamingUnsignedTrailer.hasTrailers)
        #expect(!PayloadMode.streamingUnsignedTrailer.isChunkSigned)
    }

    @Test("the decoded length comes from its header in chunks and from the body's length else")
    func decodedLength() throws {
        func length(_ mode: PayloadMode, _ text: String?, _ body: HTTPBodyLength) throws -> UInt64?
        {
            let fields = HTTPFields(text.map { [("x-amz-decoded-content-length", $0)] } ?? [])
            return try mode.decodedLength(
                of: HTTPRequestHead(
                    method: .put,
                    target: "/b/k",
                    authority: "h",
                    fields: fields,
                    bodyLength: body
                )
            )
        }
        #expect(try length(.unsigned, nil, .known(5)) == 5)
        #expect(try length(.unsigned, "7", .known(5)) == 5)
        #expect(try length(.unsigned, nil, .unknown) == nil)
        #expect(try length(.streamingSigned, "7", .known(99)) == 7)
        #expect(try length(.streamingSigned, "7", .unknown) == 7)
        #expect(try length(.streamingSigned, nil, .known(99)) == nil)
        #expect { try length(.streamingSigned, "+7", .unknown) } throws: {
            ($0 as? S3Error)?.code == .invalidArgument
        }
    }
}
