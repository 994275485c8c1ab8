import Encoding
import HTTPWire
import S3Wire
import SealedObject
import Testing

@testable import Gateway

@Suite struct ListingTests {
    private func gateway(_ keys: [String]) async throws -> LoopGateway {
        let gateway = try await LoopGateway(TestKeys())
        for key in keys {
            let target = "/demo/" + PercentEncoding.encode(key, keepingSlash: true)
            #expect(try await gateway.send(.put, target, body: [1, 2, 3]).status == 200)
        }
        return gateway
    }

    @Test("version 2 counts keys and pages by tokens that aren't keys")
    func version2() async throws {
        let gateway = try await gateway(["a", "b", "c"])
        var seen: [String] = []
        var token: String?
        repeat {
            let query = token.map { "&continuation-token=" + PercentEncoding.encode($0) } ?? ""
            let answer = try await gateway.send(.get, "/demo?list-type=2&max-keys=2\(query)")
            let page = try ObjectListing(xml: answer.body)
            #expect(answer.text.contains("<KeyCount>\(page.entries.count)</KeyCount>"))
            seen += page.entries.map(\.key)
            guard case .version2(_, _, let next) = page.paging else { throw FixtureError() }
            #expect(page.isTruncated == (next != nil))
            if let next { #expect(next != "b") }
            token = next
        } while token != nil
        #expect(seen == ["a", "b", "c"])
        let bad = try await gateway.send(.get, "/demo?list-type=2&continuation-token=%25")
        #expect(bad.code == "InvalidArgument")
    }

    @Test("version 1 names the owner, and the next marker only with a delimiter")
    func version1() async throws {
        let gateway = try await gateway(["a", "b", "c/d"])
        let plain = try await gateway.send(.get, "/demo?max-keys=1")
        #expect(plain.text.contains("<IsTruncated>true</IsTruncated>"))
        #expect(!plain.text.contains("NextMarker"))
        #expect(plain.text.contains("<ID>owner</ID>"))
        #expect(!plain.text.contains("KeyCount"))
        let delimited = try await gateway.send(.get, "/demo?max-keys=1&delimiter=/")
        #expect(delimited.text.contains("<NextMarker>a</NextMarker>"))
        let next = try await gateway.send(.get, "/demo?marker=a&delimiter=/")
        #expect(try ObjectListing(xml: next.body).entries.map(\.key) == ["b"])
        #expect(next.text.contains("<CommonPrefixes><Prefix>c/</Prefix></CommonPrefixes>"))
    }

    @Test("keys are spelled as they were asked for")
    func encoding() async throws {
        let gateway = try await gateway(["a b+c/é", "d&e"])
        let encoded = try await gateway.send(
            .get,
            "/demo?list-type=2&encoding-type=url&delimiter=/"
        )
        #expect(encoded.text.contains("<EncodingType>url</EncodingType>"))
        #expect(encoded.text.contains("<Prefix>a%20b%2Bc/</Prefix>"))
        let plain = try await gateway.send(.get, "/demo?list-type=2")
        #expect(plain.text.contains("<Key>a b+c/é</Key>"))
        #expect(plain.text.contains("<Key>d&amp;e</Key>"))
        let wrong = try await gateway.send(.get, "/demo?encoding-type=x")
        #expect(wrong.code == "InvalidArgument")
    }

    @Test("sizes and ETags are the plaintext's in every mode, without a key or the KMS")
    func modes() async throws {
        let keys = try await TestKeys()
        let gateway = try await LoopGateway(keys)
        let kms = [("x-amz-server-side-encryption", "aws:kms")]
        var etags: [String] = []
        for (key, fields) in [("a", []), ("b", kms), ("c", CustomerHeaders.fields(1))] {
            let made = try await gateway.send(.put, "/demo/\(key)", fields, body: [1, 2, 3])
            etags.append(EntityTag.unquoted(try #require(made.fields["etag"])))
        }
        keys.ring.stop()
        keys.provider.fail(with: .unreachable("down"))
        let answer = try await gateway.send(.get, "/demo?list-type=2")
        let entries = try ObjectListing(xml: answer.body).entries
        #expect(entries.map(\.entityTag) == etags)
        #expect(entries.map(\.size) == [3, 3, 3])
        #expect(!answer.text.contains("Metadata"))
    }

    @Test("an entry that can't be opened is shown, and doesn't fail the listing")
    func damaged() async throws {
        let gateway = try await gateway(["a", "b", "c", "d"])
        try await gateway.store { store in
            store.objects["demo/a"]?.metadata = ""
            store.objects["demo/b"]?.metadata = "AAAA"
            // Another attribute key than there is any record of.
            let text = try require(store.objects["demo/c"]?.metadata)
            var bytes = try require(Base64.decode(text, as: .url))
            bytes[144] ^= 1
            store.objects["demo/c"]?.metadata = Base64.encode(bytes, as: .url)
        }
        let answer = try await gateway.send(.get, "/demo?list-type=2")
        #expect(answer.status == 200)
        let entries = try ObjectListing(xml: answer.body).entries
        #expect(entries.map(\.key) == ["a", "b", "c", "d"])
        #expect(entries[2].size == 3)
        #expect(entries[2].entityTag.hasSuffix("-1"))
        #expect(entries[3].entityTag == "5289df737df57326fcdd22597afb1fac")
    }

    @Test("a listing that asks for encryption is refused")
    func encryption() async throws {
        let gateway = try await gateway([])
        let mode = [("x-amz-server-side-encryption", "AES256")]
        for target in ["/demo", "/demo?list-type=2", "/demo?uploads", "/"] {
            #expect(try await gateway.send(.get, target, mode).code == "InvalidArgument")
        }
    }

    @Test("open uploads are listed with their owner and without their envelopes")
    func uploads() async throws {
        let gateway = try await gateway([])
        _ = try await gateway.send(.post, "/demo/m?uploads")
        let answer = try await gateway.send(.get, "/demo?uploads")
        #expect(answer.text.contains("<Key>m</Key>"))
        #expect(answer.text.contains("<StorageClass>STANDARD</StorageClass>"))
        #expect(answer.text.contains("<ID>owner</ID>"))
        #expect(!answer.text.contains("Metadata"))
    }
}
