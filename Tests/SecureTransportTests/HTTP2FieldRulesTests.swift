import CNGHTTP2
import Testing

@testable import SecureTransport

@Suite struct HTTP2FieldRulesTests {
    private func isAllowed(_ name: String) -> Bool { HTTP2FieldRules.isAllowed(name.utf8.span) }

    @Test(arguments: ["connection", "keep-alive", "transfer-encoding"])
    func `fields of the connection aren't allowed`(name: String) {
        #expect(!isAllowed(name))
    }

    @Test(arguments: ["x-amz-id-2", "x-amz-request-id", "x-amz-version-id"])
    func `values of one response alone stay out of the compressor's table`(name: String) {
        #expect(isAllowed(name))
        let name = Array(name.utf8)
        let value = Array("1F246A05E46B833B".utf8)
        let entry = HTTP2FieldRules.entry(name.span, value.span)
        #expect(UInt32(entry.flags) == NGHTTP2_NV_FLAG_NO_INDEX.rawValue)
    }

    @Test(arguments: ["content-type", "etag", "x-amz-xd-2", "x-amz-server-side-encryption"])
    func `others may go into it`(name: String) {
        #expect(isAllowed(name))
        let name = Array(name.utf8)
        let entry = HTTP2FieldRules.entry(name.span, name.span)
        #expect(UInt32(entry.flags) == NGHTTP2_NV_FLAG_NONE.rawValue)
    }
}
