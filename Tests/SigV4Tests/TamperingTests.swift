import Encoding
import HTTPWire
import Testing

@testable import SigV4

@Suite("Tampering")
struct TamperingTests {
    static let fixtures = SigV4VerifierTests.published + SigV4VerifierTests.botocore

    private func isRefused(_ fixture: SignedRequestFixture, _ head: HTTPRequestHead) -> Bool {
        do throws(SigV4Error) {
            // Without a query it is anonymous; another id has another secret, or none.
            return try fixture.verify(head)?.accessKeyID != fixture.accessKey
        } catch {
            return true
        }
    }

    @Test("another method is refused", arguments: fixtures)
    func method(_ fixture: SignedRequestFixture) {
        var head = fixture.head
        head.method = .delete
        #expect(isRefused(fixture, head))
    }

    @Test("every other byte in the target is refused", arguments: fixtures)
    func target(_ fixture: SignedRequestFixture) {
        let target = Array(fixture.head.target.utf8)
        for index in target.indices.dropFirst() {
            var changed = target
            changed[index] ^= 1
            var head = fixture.head
            head.target = String(decoding: changed, as: UTF8.self)
            #expect(isRefused(fixture, head), "byte \(index)")
        }
    }

    @Test("more in the target is refused", arguments: fixtures)
    func longerTarget(_ fixture: SignedRequestFixture) {
        for more in ["&acl", "&acl=", "/", "a", "%20", "?acl"] {
            var head = fixture.head
            head.target += more
            #expect(isRefused(fixture, head), "\(more)")
        }
    }

    @Test("every other byte in a signed header is refused", arguments: fixtures)
    func headers(_ fixture: SignedRequestFixture) throws {
        let authorization = try #require(try SigV4Authorization.parse(head: fixture.head))
        let signed = String(decoding: authorization.signedHeaders, as: UTF8.self)
            .split(separator: ";").map(String.init)
        for index in 0..<fixture.head.fields.count {
            let name = fixture.head.fields.name(at: index)
            guard signed.contains(name) || name == "authorization" else { continue }
            let value = Array(fixture.head.fields.valueBytes(at: index))
            for position in value.indices {
                var changed = value
                changed[position] ^= 1
                var head = fixture.head
                head.fields = head.fields.replacing(index, by: changed)
                #expect(isRefused(fixture, head), "\(name), byte \(position)")
            }
            var head = fixture.head
            head.fields = head.fields.replacing(index, by: nil)
            if name == "host" { head.authority = "elsewhere" }
            if name == "authorization" {
                #expect(try fixture.verify(head) == nil)
            } else {
                #expect(isRefused(fixture, head), "without \(name)")
            }
        }
    }

    @Test("a signed header repeated is refused", arguments: fixtures)
    func repeated(_ fixture: SignedRequestFixture) throws {
        for index in 0..<fixture.head.fields.count {
            let name = fixture.head.fields.name(at: index)
            guard name.hasPrefix("x-amz-") || name == "host" || name == "authorization" else {
                continue
            }
            var head = fixture.head
            head.fields.append(name, head.fields.value(at: index))
            #expect(isRefused(fixture, head), "\(name)")
        }
    }

    @Test("an x-amz header that isn't signed is refused by name", arguments: fixtures)
    func unsignedHeader(_ fixture: SignedRequestFixture) {
        var head = fixture.head
        head.fields.append("x-amz-acl", "public-read")
        head.fields.append("x-amz-tagging", "a=b")
        let error = failure { () throws(SigV4Error) in _ = try fixture.verify(head) }
        #expect(error == .headersUnsigned(["x-amz-acl", "x-amz-tagging"]))
    }

    @Test("spellings of one target count as one")
    func respelled() throws {
        let fixture = try SigV4VerifierTests.named("put-object")
        for target in ["/test%24file.text", "/test$file.text", "/t%65st%24file%2etext"] {
            var head = fixture.head
            head.target = target
            #expect(try fixture.verify(head) != nil)
        }
        let list = try SigV4VerifierTests.named("list-objects")
        for target in [
            "/?prefix=J&max-keys=2", "/?&max%2Dkeys=2&&prefix=%4A&", "?prefix=J&max-keys=2",
        ] {
            var head = list.head
            head.target = target
            #expect(try list.verify(head) != nil)
        }
    }
}
