import HTTPWire
import Testing

@Suite struct HTTPFieldsTests {
    @Test("puts names in lower case and keeps values")
    func names() {
        var fields = HTTPFields()
        fields.append(String("X-Amz-Meta-ÄZ@["), "Value ÄZ")
        fields.append("etag", "")
        #expect(fields.name(at: 0) == "x-amz-meta-Äz@[")
        #expect(fields.value(at: 0) == "Value ÄZ")
        #expect(fields["etag"] == "")
    }

    @Test("finds a name among others of its length")
    func search() {
        let fields = HTTPFields([("aab", "1"), ("aac", "2"), ("aa", "3"), ("aac", "4")])
        #expect(fields.firstIndex(of: "aac") == 1)
        #expect(fields.firstIndex(of: "aac", from: 2) == 3)
        #expect(fields.firstIndex(of: "aac", from: 4) == nil)
        #expect(fields["aa"] == "3")
        #expect(!fields.contains("a"))
        #expect(!fields.contains(""))
        #expect(fields.values(of: "aac") == ["2", "4"])
        #expect(fields.occurrences(of: "aac") == 2)
    }

    @Test("lends all bytes at once, with names and values where it says")
    func bytes() {
        let fields = HTTPFields([("a", "one"), ("bc", ""), ("def", "three")])
        let texts = fields.withBytes { bytes in
            (0..<fields.count).map { index in
                [fields.nameRange(at: index), fields.valueRange(at: index)].map { range in
                    String(decoding: range.map { bytes[$0] }, as: UTF8.self)
                }
            }
        }
        #expect(texts == [["a", "one"], ["bc", ""], ["def", "three"]])
    }

    @Test("grows beyond the room that it begins with")
    func growth() {
        var fields = HTTPFields()
        for index in 0..<100 {
            fields.append("name-\(index)", String(repeating: "v", count: index))
        }
        #expect(fields.count == 100)
        #expect(fields["name-99"]?.utf8.count == 99)
        #expect(fields["name-0"] == "")
    }

    @Test(
        "has each field where it was put, whatever room there was",
        arguments: [0, 1, 16, 17, 200]
    )
    func room(reserved: Int) {
        for count in [0, 1, 15, 16, 17, 31, 32, 33, 64, 65, 129] {
            let pairs = (0..<count).map { ("name-\($0)", String(repeating: "v", count: $0)) }
            var fields = HTTPFields()
            if reserved > 0 { fields.reserve(fields: reserved, bytes: 10) }
            for (name, value) in pairs.prefix(count / 2) { fields.append(name, value) }
            // Room for more, with fields in it.
            if reserved > 0 { fields.reserve(fields: 2 * reserved, bytes: 1000) }
            for (name, value) in pairs.dropFirst(count / 2) { fields.append(name, value) }
            #expect(fields.count == count && fields.isEmpty == (count == 0))
            #expect(
                fields.listSize
                    == pairs.reduce(0) { $0 + $1.0.utf8.count + $1.1.utf8.count + 32 }
            )
            for (index, (name, value)) in pairs.enumerated() {
                #expect(fields.name(at: index) == name && fields.value(at: index) == value)
                #expect(fields.firstIndex(of: name) == index)
            }
            let copy = fields
            fields.append("last", quoting: "q")
            #expect(copy.count == count && !copy.contains("last"))
            #expect(fields["last"] == "\"q\"")
            for (name, _) in pairs { fields.removeAll(name) }
            #expect(fields == HTTPFields([("last", "\"q\"")]))
            fields.removeAll("last")
            #expect(fields == HTTPFields())
        }
    }

    @Test("counts the names that begin with a text")
    func prefixes() {
        let fields = HTTPFields([("x-a", "1"), ("x-amz", "2"), ("X-Amz-B", "3"), ("x-amz-", "4")])
        #expect(fields.count(prefix: "x-amz-") == 2 && fields.contains(prefix: "x-amz-"))
        #expect(fields.count(prefix: "x-amz-c") == 0 && !fields.contains(prefix: "x-amz-c"))
        #expect(HTTPFields().count(prefix: "") == 0 && fields.count(prefix: "") == 4)
    }

    @Test("puts a value between quotes, among other fields")
    func quoting() {
        var fields = HTTPFields([("a", "one")])
        fields.append("etag", quoting: "0af-1")
        fields.append("empty", quoting: "")
        fields.append("b", "two")
        #expect(
            fields
                == HTTPFields([
                    ("a", "one"), ("etag", "\"0af-1\""), ("empty", "\"\""), ("b", "two"),
                ])
        )
    }

    @Test("takes others at the end, in whatever state it is")
    func others() {
        let others = HTTPFields([("c", "three"), ("d", "")])
        for own in [[], [("a", "one"), ("b", "two")]] {
            var fields = HTTPFields(own)
            fields.append(others)
            fields.append("e", "five")
            #expect(fields == HTTPFields(own + [("c", "three"), ("d", ""), ("e", "five")]))
        }
        var reserved = HTTPFields()
        reserved.reserve(fields: 8, bytes: 100)
        reserved.append(others)
        reserved.removeAll("c")
        reserved.append(others)
        #expect(reserved == HTTPFields([("d", ""), ("c", "three"), ("d", "")]))
        // Those that were given stay as they were.
        #expect(others == HTTPFields([("c", "three"), ("d", "")]))
    }
}
