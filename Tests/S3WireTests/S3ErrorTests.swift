import S3Wire
import Testing

@Suite struct S3ErrorTests {
    @Test("every code has a status and a message of its own", arguments: S3ErrorCode.allCases)
    func codes(code: S3ErrorCode) {
        #expect((400...599).contains(code.status))
        #expect(code.message != "The request could not be served.")
    }

    @Test("the document carries message, details, resource and ids")
    func document() throws {
        let error = S3Error.invalidArgument("No <b>", name: "x", value: "a&b")
        let xml = error.document(resource: "/b/k", requestID: "R", hostID: "H")
        #expect(
            String(decoding: xml, as: UTF8.self).hasSuffix(
                "<Error><Code>InvalidArgument</Code><Message>No &lt;b&gt;</Message>"
                    + "<ArgumentName>x</ArgumentName><ArgumentValue>a&amp;b</ArgumentValue>"
                    + "<Resource>/b/k</Resource><RequestId>R</RequestId><HostId>H</HostId></Error>"
            )
        )
        let read = try ErrorDocument(xml: xml)
        #expect(read.knownCode == .invalidArgument)
        #expect(read.message == "No <b>")
        #expect(read.resource == "/b/k")
        #expect(read.requestID == "R")
    }

    @Test("an error document without a code is refused")
    func empty() {
        #expect(throws: XMLError.elementMissing("Code")) {
            try ErrorDocument(xml: Array("<Error/>".utf8))
        }
    }

    @Test("a failed condition and a missing feature are named")
    func shorthands() {
        #expect(S3Error.preconditionFailed("If-Match").detail("Condition") == "If-Match")
        #expect(S3Error.preconditionFailed("If-Match").status == 412)
        #expect(S3Error.notImplemented(header: "x").detail("Header") == "x")
        #expect(S3Error.notImplemented(header: "x").status == 501)
    }
}
