import TestSupport
import Testing

@testable import Gateway

@Suite struct DocumentTests {
    @Test("the reference of settings is the table of settings")
    func configuration() throws {
        let document = GeneratedDocument("docs/reference/configuration.md")
        let tables = GatewaySettings.schema.markdownTables(headingLevel: 3)
        try document.update("sealgate", tables)
        #expect(try document.part("sealgate") == tables)
    }

    @Test("the reference of errors says what the code answers")
    func errors() throws {
        let document = GeneratedDocument("docs/reference/errors.md")
        for (name, text) in try ErrorTables.all() {
            try document.update(name, text)
            #expect(try document.part(name) == text, "\(name)")
        }
    }
}
