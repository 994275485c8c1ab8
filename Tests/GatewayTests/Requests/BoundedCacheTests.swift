import Testing

@testable import Gateway

@Suite struct BoundedCacheTests {
    @Test("it forgets what was put in first, and never holds more than its limit")
    func limit() {
        var cache = BoundedCache<Int, String>(limit: 3)
        for number in 0..<100 {
            cache.insert(number, "\(number)")
            #expect(cache.count <= 3)
            #expect(cache[number] == "\(number)")
        }
        #expect((97..<100).allSatisfy { cache[$0] != nil })
        #expect(cache[96] == nil)
    }

    @Test("a value put in again replaces the old one")
    func replaced() {
        var cache = BoundedCache<String, Int>(limit: 2)
        cache.insert("a", 1)
        cache.insert("b", 1)
        cache.insert("a", 2)
        #expect(cache["a"] == 2)
        #expect(cache["b"] == 1)
    }

    @Test("keys removed and put in again, over and over, stay within the limit")
    func removed() {
        var cache = BoundedCache<Int, Int>(limit: 4)
        for number in 0..<1000 {
            cache.insert(number % 7, number)
            #expect(cache[number % 7] == number)
            if number % 3 == 0 { cache.remove(number % 7) }
            #expect(cache.count <= 4)
        }
    }

    @Test("what is unwanted goes, and the rest keeps its order")
    func removedWhere() {
        var cache = BoundedCache<Int, Int>(limit: 4)
        for number in 0..<4 { cache.insert(number, number) }
        cache.removeAll { key, _ in key.isMultiple(of: 2) }
        #expect(cache.count == 2)
        #expect(cache[1] == 1 && cache[3] == 3)
        for number in 4..<8 { cache.insert(number, number) }
        #expect(cache.count <= 4)
        #expect((5..<8).allSatisfy { cache[$0] != nil })
    }

    @Test("a limit below 1 is 1")
    func least() {
        var cache = BoundedCache<Int, Int>(limit: 0)
        cache.insert(1, 1)
        #expect(cache[1] == 1)
        cache.insert(2, 2)
        #expect(cache.count == 1)
    }
}
