import S3Wire
import Testing

@Suite struct EntityTagTests {
    @Test(
        "takes quotes and weakness off",
        arguments: [
            ("\"a-1\"", "a-1"), ("a-1", "a-1"), ("W/\"a\"", "a"), ("\"\"", ""), ("\"", "\""),
            ("W/a", "W/a"), ("", ""),
        ]
    )
    func unquoted(text: String, expected: String) {
        #expect(EntityTag.unquoted(text) == expected)
    }

    @Test("puts quotes on")
    func quoted() {
        #expect(EntityTag.quoted("a") == "\"a\"")
    }
}
