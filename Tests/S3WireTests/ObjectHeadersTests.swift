import HTTPWire
import S3Wire
import Testing

@Suite struct ObjectHeadersTests {
    private func code(_ fields: HTTPFields) -> S3ErrorCode? {
        do throws(S3Error) {
            _ = try ObjectHeaders(fields)
            return nil
        } catch { return error.code }
    }

    @Test("keeps what belongs to the object and nothing else")
    func reads() throws {
        let fields = HTTPFields([
            ("content-type", "text/plain"), ("content-language", "de"),
            ("content-disposition", "attachment"), ("cache-control", "no-store"),
            ("expires", "tomorrow"), ("x-amz-website-redirect-location", "/x"),
            ("x-amz-storage-class", "STANDARD_IA"), ("content-encoding", "gzip"),
            ("x-amz-meta-A", "1"), ("x-amz-meta-b", "é"),
        ])
        let headers = try ObjectHeaders(fields)
        var shown = HTTPFields()
        headers.append(to: &shown)
        #expect(shown.count == fields.count)
        for index in 0..<fields.count {
            #expect(shown[fields.name(at: index)] == fields.value(at: index))
        }
        #expect(headers.userMetadata.map(\.name) == ["a", "b"])
        var other = fields
        other.append("x-amz-acl", "private")
        other.append("content-length", "5")
        #expect(try ObjectHeaders(other) == headers)
    }

    @Test("a type is always there, STANDARD is nothing")
    func defaults() throws {
        let headers = try ObjectHeaders(
            HTTPFields([("x-amz-storage-class", "STANDARD"), ("content-type", "")])
        )
        #expect(headers == ObjectHeaders())
        #expect(headers.contentType == "binary/octet-stream")
    }

    @Test(
        "takes aws-chunked out of the encoding",
        arguments: [
            ("aws-chunked", nil), ("aws-chunked,gzip", "gzip"), ("gzip, aws-chunked", "gzip"),
            ("AWS-Chunked", nil), ("gzip, br", "gzip,br"), ("aws-chunked,", nil), ("", nil),
        ] as [(String, String?)]
    )
    func encodings(value: String, expected: String?) throws {
        let headers = try ObjectHeaders(HTTPFields([("content-encoding", value)]))
        #expect(headers.contentEncoding == expected)
    }

    @Test("user metadata has 2 KiB of names and values")
    func metadataSize() {
        func fields(_ count: Int) -> HTTPFields {
            HTTPFields([("x-amz-meta-name", String(repeating: "x", count: count))])
        }
        #expect(code(fields(2044)) == nil)
        #expect(code(fields(2045)) == .metadataTooLarge)
    }

    @Test("several headers of one name are one value")
    func joined() throws {
        let headers = try ObjectHeaders(
            HTTPFields([("x-amz-meta-a", "1"), ("x-amz-meta-a", "2"), ("cache-control", "x")])
        )
        #expect(headers.userMetadata == [.init(name: "a", value: "1,2")])
    }

    @Test(
        "names of Sealgate's own are refused",
        arguments: ["x-amz-meta-sealgate", "X-Amz-Meta-Sealgate-More", "x-sealgate-part"]
    )
    func reserved(name: String) {
        #expect(code(HTTPFields([(name, "x")])) == .invalidArgument)
    }

    @Test("unknown storage classes and values that aren't UTF-8 are refused")
    func refusals() {
        #expect(code(HTTPFields([("x-amz-storage-class", "GOLD")])) == .invalidStorageClass)
        var fields = HTTPFields()
        let name = Array("x-amz-meta-a".utf8)
        let value: [UInt8] = [0xe9]
        fields.append(name: name.span, value: value.span)
        #expect(code(fields) == .invalidArgument)
    }

    @Test("the query replaces headers of an answer")
    func overrides() throws {
        let query = try S3Query(
            raw: "response-content-type=text%2Fx&response-expires=y&response-unknown=z&prefix=p"
        )
        var answer = HTTPFields([("content-type", "a"), ("etag", "b")])
        try ResponseOverrides(query, isAnonymous: false).apply(to: &answer)
        #expect(answer["content-type"] == "text/x")
        #expect(answer.occurrences(of: "content-type") == 1)
        #expect(answer["expires"] == "y")
        #expect(answer["etag"] == "b")
        #expect(answer.count == 3)
    }

    @Test("overrides are for signed requests, and for values that fit in a header")
    func overrideRefusals() throws {
        let query = try S3Query(raw: "response-content-type=a")
        #expect { try ResponseOverrides(query, isAnonymous: true) } throws: {
            ($0 as? S3Error)?.code == .invalidRequest
        }
        #expect(try ResponseOverrides(S3Query(raw: ""), isAnonymous: true).fields.isEmpty)
        let injection = try S3Query(raw: "response-content-type=a%0d%0ab:c")
        #expect { try ResponseOverrides(injection, isAnonymous: false) } throws: {
            ($0 as? S3Error)?.code == .invalidArgument
        }
    }
}
