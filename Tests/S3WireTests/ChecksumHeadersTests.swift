import HTTPWire
import S3Wire
import Testing

@Suite struct ChecksumHeadersTests {
    private func read(_ fields: [(String, String)]) throws(S3Error) -> ChecksumHeaders {
        try ChecksumHeaders(HTTPFields(fields))
    }

    private func error(_ fields: [(String, String)]) -> S3Error? {
        do throws(S3Error) {
            _ = try read(fields)
            return nil
        } catch { return error }
    }

    @Test("reads one checksum of each algorithm", arguments: ChecksumAlgorithm.allCases)
    func algorithms(algorithm: ChecksumAlgorithm) throws {
        let text = [4: "AAAAAA==", 8: "AAAAAAAAAAA=", 20: "AAAAAAAAAAAAAAAAAAAAAAAAAAA="]
        let value =
            text[algorithm.digestCount] ?? "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        let headers = try read([
            (algorithm.fieldName, value), ("x-amz-sdk-checksum-algorithm", algorithm.rawValue),
        ])
        #expect(headers.declared?.algorithm == algorithm)
        #expect(headers.declared?.value == [UInt8](repeating: 0, count: algorithm.digestCount))
        #expect(ChecksumAlgorithm(elementName: algorithm.elementName) == algorithm)
        let other = algorithm == .sha256 ? "AAAAAA==" : "AA=="
        #expect(
            error([(algorithm.fieldName, other)])?.message
                == "Value for \(algorithm.fieldName) header is invalid."
        )
    }

    @Test("reads an announced trailer and Content-MD5")
    func trailer() throws {
        let headers = try read([
            ("x-amz-trailer", "X-Amz-Checksum-CRC32C"), ("content-md5", "1B2M2Y8AsgTpgAmY7PhCfg=="),
            ("x-amz-checksum-mode", "ENABLED"), ("x-amz-checksum-type", "FULL_OBJECT"),
        ])
        #expect(headers.trailer == .crc32c)
        #expect(headers.algorithm == .crc32c)
        #expect(headers.contentMD5?.count == 16)
        #expect(try read([]) == read([("x-amz-trailer", "x-other")]))
    }

    @Test("refuses two checksums, wherever they stand")
    func several() {
        for fields in [
            [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-crc32c", "AAAAAA==")],
            [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-crc32", "AAAAAA==")],
            [("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-trailer", "x-amz-checksum-crc32")],
            [("x-amz-trailer", "x-amz-checksum-crc32,x-amz-checksum-sha1")],
        ] {
            #expect(error(fields)?.code == .invalidRequest)
            #expect(error(fields)?.message.hasPrefix("Expecting a single") == true)
        }
    }

    @Test("refuses algorithms that it doesn't know or that contradict each other")
    func unknown() {
        #expect(error([("x-amz-checksum-sha512", "AA==")])?.code == .invalidRequest)
        #expect(error([("x-amz-checksum-xxhash64", "AA==")])?.code == .invalidRequest)
        #expect(error([("x-amz-trailer", "x-amz-checksum-md5")])?.code == .invalidRequest)
        #expect(error([("x-amz-sdk-checksum-algorithm", "MD4")])?.code == .invalidRequest)
        #expect(
            error([
                ("x-amz-sdk-checksum-algorithm", "SHA1"), ("x-amz-checksum-crc32", "AAAAAA=="),
            ])?.message == "Value for x-amz-sdk-checksum-algorithm header is invalid."
        )
    }

    @Test("refuses a Content-MD5 that isn't 16 bytes", arguments: ["", "AAAA", "?", "abc"])
    func contentMD5(value: String) {
        #expect(error([("content-md5", value)])?.code == .invalidDigest)
    }

    @Test("finds the announced checksum among the trailers and no other")
    func trailers() throws {
        let announced = try read([("x-amz-trailer", "x-amz-checksum-crc32")])
        let right = HTTPFields([("x-amz-checksum-crc32", "AAAAAQ==")])
        #expect(try announced.trailerChecksum(in: right) == .init(.crc32, [0, 0, 0, 1]))
        func code(_ headers: ChecksumHeaders, _ trailers: HTTPFields) -> S3ErrorCode? {
            do throws(S3Error) {
                _ = try headers.trailerChecksum(in: trailers)
                return nil
            } catch { return error.code }
        }
        #expect(code(announced, HTTPFields()) == .malformedTrailer)
        #expect(
            code(announced, HTTPFields([("x-amz-checksum-sha1", "AA==")])) == .malformedTrailer
        )
        #expect(code(announced, HTTPFields([("x-amz-checksum-crc32", "x")])) == .invalidRequest)
        #expect(code(try read([]), right) == .malformedTrailer)
        #expect(try read([]).trailerChecksum(in: HTTPFields([("a", "b")])) == nil)
    }

    @Test("a mismatch names the algorithm")
    func mismatch() {
        let error = ChecksumHeaders.mismatch(.crc32)
        #expect(error.code == .badDigest)
        #expect(
            error.message == "The CRC32 you specified did not match the calculated checksum."
        )
    }

    @Test("an upload's checksum type goes with its algorithm")
    func types() throws {
        func requested(_ algorithm: String?, _ type: String?) throws -> ChecksumType? {
            var fields = HTTPFields()
            if let algorithm { fields.append("x-amz-checksum-algorithm", algorithm) }
            if let type { fields.append("x-amz-checksum-type", type) }
            return try ChecksumType.requested(fields)?.type
        }
        #expect(try requested(nil, nil) == nil)
        #expect(try requested("CRC32", nil) == .composite)
        #expect(try requested("CRC32", "FULL_OBJECT") == .fullObject)
        #expect(try requested("CRC64NVME", nil) == .fullObject)
        #expect(try requested("SHA256", "COMPOSITE") == .composite)
        for (algorithm, type) in [
            ("SHA1", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE"), ("MD4", nil), ("CRC32", "X"),
            (nil, "COMPOSITE"),
        ] as [(String?, String?)] {
            #expect { try requested(algorithm, type) } throws: {
                ($0 as? S3Error)?.code == .invalidRequest
            }
        }
    }
}
