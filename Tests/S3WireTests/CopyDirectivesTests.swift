import HTTPWire
import S3Wire
import Testing

@Suite struct CopyDirectivesTests {
    private static let sse = "x-amz-server-side-encryption"

    @Test func `both are COPY unless they say REPLACE`() throws {
        let none = try CopyDirectives(HTTPFields())
        #expect((none.replacesMetadata, none.replacesTags) == (false, false))
        let copy = try CopyDirectives(HTTPFields([("x-amz-metadata-directive", "COPY")]))
        #expect(copy == none)
        let metadata = try CopyDirectives(HTTPFields([("x-amz-metadata-directive", "REPLACE")]))
        #expect((metadata.replacesMetadata, metadata.replacesTags) == (true, false))
        let tags = try CopyDirectives(HTTPFields([("x-amz-tagging-directive", "REPLACE")]))
        #expect((tags.replacesMetadata, tags.replacesTags) == (false, true))
    }

    @Test(arguments: ["x-amz-metadata-directive", "x-amz-tagging-directive"])
    func `other words are refused`(name: String) {
        for value in ["", "copy", "MOVE", "COPY, REPLACE"] {
            #expect { try CopyDirectives(HTTPFields([(name, value)])) } throws: {
                ($0 as? S3Error)?.code == .invalidArgument
            }
        }
    }

    /// Whether a copy of b/k onto itself is taken.
    private func isLegal(_ fields: [(String, String)], source: String = "b/k") throws -> Bool {
        let named = try CopySource(HTTPFields([("x-amz-copy-source", source)]))
        let fields = HTTPFields(fields)
        do throws(S3Error) {
            try CopyDirectives(fields).requireChange(of: named, to: "b", "k", fields)
            return true
        } catch {
            #expect(error.code == .invalidRequest)
            return false
        }
    }

    @Test func `a copy onto itself must change something`() throws {
        #expect(try !isLegal([]))
        #expect(try !isLegal([("x-amz-meta-a", "1")]))
        #expect(try !isLegal([("x-amz-tagging-directive", "REPLACE")]))
        for change in [
            ("x-amz-metadata-directive", "REPLACE"), ("x-amz-storage-class", "STANDARD"),
            ("x-amz-website-redirect-location", "/x"), (Self.sse, "AES256"),
            (Self.sse + "-bucket-key-enabled", "true"),
            (Self.sse + "-customer-algorithm", "AES256"),
        ] {
            #expect(try isLegal([change]), "\(change)")
        }
        for other in ["b/l", "c/k", "b/k?versionId=1"] {
            #expect(try isLegal([], source: other), "\(other)")
        }
    }

    @Test func `the bytes of a part are inside the source`() throws {
        func bytes(_ range: String?, of size: Int) throws -> Range<Int> {
            var fields = HTTPFields([("x-amz-copy-source", "b/k")])
            if let range { fields.append("x-amz-copy-source-range", range) }
            return try CopySource(fields).bytes(of: size)
        }
        #expect(try bytes(nil, of: 7) == 0..<7)
        #expect(try bytes(nil, of: 0) == 0..<0)
        #expect(try bytes("bytes=0-6", of: 7) == 0..<7)
        #expect(try bytes("bytes=6-6", of: 7) == 6..<7)
        for (range, size) in [
            ("bytes=0-7", 7), ("bytes=7-8", 7), ("bytes=0-0", 0),
            ("bytes=0-9223372036854775807", 7), ("bytes=0-18446744073709551615", 7),
        ] {
            #expect { try bytes(range, of: size) } throws: {
                ($0 as? S3Error)?.code == .invalidArgument
            }
        }
    }
}
