import Daemon
import TestSupport
import Testing

@testable import Backend

@Suite struct BackendSettingsTests {
    @Test("the reference of settings is the table of settings")
    func configuration() throws {
        let document = GeneratedDocument("docs/reference/configuration.md")
        let tables = BackendSettings.schema.markdownTables(headingLevel: 3)
        try document.update("sealgate-store", tables)
        #expect(try document.part("sealgate-store") == tables)
    }

    @Test("the sample is a file of settings that loads, and names each")
    func sample() throws {
        let text = BackendSettings.schema.sampleYAML()
        _ = try BackendSettings.schema.load(yaml: text, path: "sample.yaml")
        for declaration in BackendSettings.schema.declarations {
            let key = declaration.name.split(separator: ".").last.map(String.init) ?? ""
            #expect(text.contains("# \(declaration.fileName == nil ? key : key + "_file"):"))
        }
    }
}
