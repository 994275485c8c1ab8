import Testing

@testable import Daemon

@Suite struct RequestIDSourceTests {
    @Test("ids are 16 upper-case hexadecimal digits, and no two are alike")
    func form() {
        var source = RequestIDSource(seed: 1)
        var seen: Set<String> = []
        for _ in 0..<10_000 {
            let id = source.make()
            #expect(id.utf8.count == 16)
            #expect(id.allSatisfy { "0123456789ABCDEF".contains($0) })
            #expect(seen.insert(id).inserted)
        }
    }

    @Test("ids of other seeds are others")
    func seeds() {
        var first = RequestIDSource(seed: 1)
        var second = RequestIDSource(seed: 2)
        #expect(first.make() != second.make())
    }
}
