import Testing

@Suite("Documents are whole")
struct DocumentTests {
    @Test("every document has one title")
    func titles() {
        #expect(!SourceTree.documents.isEmpty)
        #expect(SourceTree.documents.flatMap { DocumentRules.titles($0) } == [])
    }

    @Test("every link to a file leads to one")
    func links() {
        let findings = SourceTree.documents.flatMap { document in
            DocumentRules.links(document) { SourceTree.exists($0) }
        }
        #expect(findings == [])
    }

    @Test("canary: a document without a title and one with two are found")
    func titleCanary() {
        for text in ["a\n", "# a\n\n# b\n", "```\n# a\n```\n"] {
            #expect(DocumentRules.titles(SourceFile(path: "a.md", text: text)).count == 1)
        }
        let fine = SourceFile(path: "a.md", text: "# a\n\n```sh\n# b\n```\n\n## c\n")
        #expect(DocumentRules.titles(fine) == [])
    }

    @Test("canary: a dead link is found, and what it resolves to")
    func linkCanary() {
        let text = """
            [a](b.md) [c](../d.md#e) [f](https://example.org/g) [h](#i)
            ```
            [j](k.md)
            ```
            [l](../../m.md)
            """
        var asked: [String] = []
        let file = SourceFile(path: "docs/n.md", text: text)
        let findings = DocumentRules.links(file) { path in
            asked.append(path)
            return path == "d.md"
        }
        #expect(asked == ["docs/b.md", "d.md"])
        #expect(findings.map(\.line) == [1, 5])
    }
}
