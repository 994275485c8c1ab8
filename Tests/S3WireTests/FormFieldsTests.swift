import HTTPWire
import S3Wire
import Testing

@Suite struct FormFieldsTests {
    private static func form(
        _ fields: [(String, String)],
        _ fileName: String = "a.txt"
    ) throws(S3Error) -> FormFields {
        try FormFields(HTTPFields(fields), fileName: Array(fileName.utf8))
    }

    @Test("puts the last part of the file's name where a variable stands")
    func fileNames() throws {
        for (key, name, expected) in [
            ("up/${filename}", "a.txt", "up/a.txt"), ("${filename}${filename}", "a", "aa"),
            ("${filename}", "C:\\Program Files\\b.txt", "b.txt"),
            ("x/${filename}", "/etc/../b", "x/b"),
            ("x/${filename}", "..", "x/.."), ("x/${filename}", "", "x/"),
            ("x/${filename}", "${filename}", "x/${filename}"), ("$${filename", "a", "$${filename"),
            ("${filename}", "naïve \"quoted\".txt", "naïve \"quoted\".txt"),
        ] {
            #expect(try Self.form([("key", key)], name).key() == expected)
        }
        let form = try Self.form([("key", "k"), ("x-amz-meta-name", "${filename}")])
        #expect(form.all["x-amz-meta-name"] == "a.txt")
    }

    @Test("wants a key, and text")
    func keys() {
        #expect(throws: S3Error(.userKeyMustBeSpecified)) { try Self.form([]).key() }
        #expect(throws: S3Error(.userKeyMustBeSpecified)) {
            try Self.form([("key", "${filename}")], "").key()
        }
        var fields = HTTPFields()
        let bytes: [UInt8] = [0xff]
        fields.append(name: "key".utf8.span, value: bytes.span)
        #expect(throws: S3Error.self) { try FormFields(fields, fileName: []) }
    }

    @Test("makes headers of what a form may ask for, and of nothing else")
    func headers() throws {
        let headers = try Self.form(
            [
                ("key", "k"), ("acl", "private"), ("Content-Type", "text/plain"),
                ("Cache-Control", "no-store"), ("x-amz-meta-a", "ü"),
                ("x-amz-server-side-encryption", "AES256"), ("x-amz-date", "d"),
                ("x-amz-signature", "s"), ("policy", "p"), ("success_action_status", "201"),
                ("authorization", "x"), ("host", "x"), ("x-ignore-a", "x"), ("content-length", "9"),
                ("x-amz-checksum-crc32", "AAAAAA=="), ("if-none-match", "*"),
                ("range", "bytes=0-1"),
                (
                    "tagging",
                    "<Tagging><TagSet><Tag><Key>a b</Key><Value>c&amp;</Value></Tag>"
                        + "</TagSet></Tagging>"
                ),
            ]
        ).headers()
        let found = (0..<headers.count).map { "\(headers.name(at: $0))=\(headers.value(at: $0))" }
        #expect(
            found == [
                "x-amz-acl=private", "content-type=text/plain", "cache-control=no-store",
                "x-amz-meta-a=ü", "x-amz-server-side-encryption=AES256",
                "x-amz-checksum-crc32=AAAAAA==", "x-amz-tagging=a%20b=c%26",
            ]
        )
    }

    @Test("refuses what no header may be, what isn't known, and the same asked for twice")
    func refused() {
        for (fields, code) in [
            ([("x-amz-meta-a", "b\r\nset-cookie: c")], .invalidArgument),
            ([("x-amz-meta-été", "b")], .invalidArgument),
            ([("x-amz-meta-a b", "b")], .invalidArgument),
            ([("acl", "private"), ("x-amz-acl", "private")], .invalidArgument),
            ([("x-amz-content-sha256", "UNSIGNED-PAYLOAD")], .notImplemented),
            ([("x-amz-decoded-content-length", "1")], .notImplemented),
            ([("x-amz-copy-source", "/demo/a")], .notImplemented),
            ([("tagging", "<Tagging>")], .malformedXML),
        ] as [([(String, String)], S3ErrorCode)] {
            let result = Result { () throws(S3Error) in try Self.form(fields).headers() }
            let found: S3ErrorCode? =
                if case .failure(let error) = result { error.code } else { nil }
            #expect(found == code, "\(fields)")
        }
    }

    @Test("answers as asked, and sends nobody to what is no page of the web")
    func success() throws {
        for (fields, expected) in [
            ([], .status(204)), ([("success_action_status", "200")], .status(200)),
            ([("success_action_status", "201")], .status(201)),
            ([("success_action_status", "404")], .status(204)),
            ([("success_action_redirect", "https://a/b?c#d")], .redirect("https://a/b?c#d")),
            ([("redirect", "http://a/")], .redirect("http://a/")),
            ([("success_action_redirect", "javascript:x")], .status(204)),
            ([("success_action_redirect", "https://a/ b")], .status(204)),
            ([("success_action_redirect", "https://a\r\nb")], .status(204)),
            ([("success_action_redirect", ""), ("success_action_status", "200")], .status(200)),
        ] as [([(String, String)], FormFields.Success)] {
            #expect(try Self.form(fields).success == expected)
        }
    }
}
