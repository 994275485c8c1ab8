import Testing

@Suite("Sources keep the rules of style")
struct TidyTests {
    @Test("lines and files are short")
    func sizes() { #expect(SourceTree.files.flatMap { TidyRules.sizes($0) } == []) }

    @Test("functions are short")
    func functions() { #expect(SourceTree.swiftFiles.flatMap { TidyRules.functions($0) } == []) }

    @Test("no call that may trap on what others send")
    func calls() { #expect(SourceTree.swiftFiles.flatMap { TidyRules.calls($0) } == []) }

    @Test("no task without a scope")
    func tasks() { #expect(SourceTree.swiftFiles.flatMap { TidyRules.tasks($0) } == []) }

    @Test("@unchecked Sendable is argued")
    func unchecked() { #expect(SourceTree.swiftFiles.flatMap { TidyRules.unchecked($0) } == []) }

    @Test("no leftovers, and no words about where the text was written")
    func words() { #expect(SourceTree.files.flatMap { TidyRules.words($0) } == []) }

    @Test("files whose tasks are allowed exist")
    func allowed() { #expect(TidyRules.taskAllowed.filter { !SourceTree.exists($0) } == []) }
}

@Suite("Each rule of style can fail")
struct TidyCanaryTests {
    private func source(_ text: String) -> SourceFile {
        SourceFile(path: "Sources/Gateway/A.swift", text: text)
    }

    @Test("a long line and a long file are found")
    func sizes() {
        let line = String(repeating: "a", count: 101)
        #expect(TidyRules.sizes(source("\n\(line)\n")).map(\.line) == [2])
        let text = String(repeating: "a\n", count: 401)
        #expect(TidyRules.sizes(source(text)).count == 1)
        #expect(TidyRules.sizes(source(String(repeating: "a\n", count: 400))).isEmpty)
        #expect(TidyRules.sizes(SourceFile(path: "docs/a.md", text: line)).isEmpty)
    }

    @Test("a long function is found behind requirements, literals and comments with braces")
    func functions() {
        let body = String(repeating: "    let a = \"}\" // }\n", count: 69)
        let text = """
            protocol P { func short(_ run: () -> Void = { }) }
            struct S {
                let text = #"{{{ \\#(1 + 2)"#; let more = "\\(call("}"))"
                /* { /* { */ */
                init(_ run: () -> Void = { }) { self.init() }
            func long()
            where A: B {
            \(body)}
            }
            """
        let functions = SwiftText(text).functions
        #expect(functions.map(\.line) == [5, 6])
        #expect(functions.map(\.lineCount) == [1, 72])
        #expect(TidyRules.functions(source(text)).map(\.line) == [6])
    }

    @Test(
        "banned calls are found, also inside of an interpolation",
        arguments: ["try! f()", "fatalError(\"x\")", "a as! B", "\"\\(try! f())\""]
    )
    func calls(code: String) {
        #expect(TidyRules.calls(source("// fine: \(code)\nlet a = \(code)\n")).map(\.line) == [2])
    }

    @Test("what only looks like a banned call isn't found")
    func notCalls() {
        let text = "\"try! x\"\nmyfatalError(1)\n\"\"\"\nas! B\n\"\"\"\n"
        #expect(TidyRules.calls(source(text)) == [])
    }

    @Test(
        "tasks without a scope are found",
        arguments: ["Task { }", "Task.detached { }", "Task(priority: .high) { }"]
    )
    func tasks(code: String) {
        #expect(TidyRules.tasks(source("addTask { }\n\(code)\n")).map(\.line) == [2])
        let main = SourceFile(path: "Sources/GatewayMain/Main.swift", text: code)
        #expect(TidyRules.tasks(main).isEmpty)
    }

    @Test("@unchecked Sendable without an argument is found")
    func unchecked() {
        let code = "final class A: @unchecked Sendable {}\n"
        #expect(TidyRules.unchecked(source(code)).map(\.line) == [1])
        #expect(TidyRules.unchecked(source("// Bound to one loop.\n" + code)).isEmpty)
    }

    @Test("every banned word is found", arguments: TidyRules.bannedWords)
    func words(word: String) {
        #expect(TidyRules.words(source("a\n// see \(word)1\n")).map(\.line) == [2])
    }
}
