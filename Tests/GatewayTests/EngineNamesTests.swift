import TestSupport
import Testing

@testable import Gateway

@Suite("Names on a foreign engine")
struct EngineNamesTests {
    @Test(
        "a key is spelled so that no path rule touches it",
        arguments: [
            ("a/b.txt", "a/b.txt"), ("a b+c%", "a b+c%"), ("x//y", "x/=0/y"), ("/x", "=0/x"),
            ("dir/", "dir/=0"), ("/", "=0/=0"), (".", "=2E"), ("a/..", "a/=2E."),
            ("a/.b", "a/=2Eb"), ("a.b", "a.b"), ("t\\u", "t=5Cu"), ("a=b", "a=3Db"),
            ("=0", "=3D0"), ("n\nl", "n=0Al"), ("d\u{7f}", "d=7F"), ("é/😀", "é/😀"),
        ]
    )
    func keysAreSpelled(key: String, name: String) {
        #expect(EngineNames.name(ofKey: key) == name)
        #expect(EngineNames.key(ofName: name) == key)
    }

    @Test(
        "a name that no key has is nobody's",
        arguments: ["=", "=2", "=2g", "=41", "a//b", "dir/", ".", "a\\b", "=0x", "=FF", "=2e"]
    )
    func strangersAreRefused(name: String) {
        #expect(EngineNames.key(ofName: name) == nil)
    }

    @Test("names of random keys are reversible, unlike, and begin with their prefixes' names")
    func randomKeysSurvive() {
        var random = SplitMix64(seed: 7)
        let alphabet = Array("/.=\\ab0E\n")
        var names: [String: String] = [:]
        for _ in 0..<5000 {
            let count = Int.random(in: 1...9, using: &random)
            let key = String((0..<count).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            let name = EngineNames.name(ofKey: key)
            #expect(EngineNames.key(ofName: name) == key)
            #expect(names.updateValue(key, forKey: name) ?? key == key)
            for length in 0...count {
                let prefix = EngineNames.name(ofPrefix: String(key.prefix(length)))
                #expect(name.hasPrefix(prefix))
            }
            let segments = name.split(separator: "/", omittingEmptySubsequences: false)
            #expect(!segments.contains { $0.isEmpty || $0 == "." || $0 == ".." })
        }
    }

    @Test("common prefixes come back as clients know them")
    func prefixesComeBack() {
        for prefix in ["", "a/", "a//", "/", "./", "a/.h", "="] {
            #expect(EngineNames.prefix(ofName: EngineNames.name(ofPrefix: prefix)) == prefix)
        }
        #expect(EngineNames.prefix(ofName: "a//") == nil)
    }

    @Test(
        "targets are spelled, the reserved bucket is another, queries stay",
        arguments: [
            ("/b", "/b"), ("/", "/"), ("/b?list-type=2&prefix=%3D", "/b?list-type=2&prefix=%3D"),
            ("/b/a%20b//c?uploads", "/b/a%20b/%3D0/c?uploads"),
            ("/.sealgate/bk/x", "/records/bk/x"), ("/.sealgate", "/records"),
        ]
    )
    func targetsAreSpelled(target: String, expected: String) {
        #expect(EngineNames(reservedBucket: "records").target(target) == expected)
    }
}
