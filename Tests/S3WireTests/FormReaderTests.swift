import HTTPWire
import S3Wire
import TestSupport
import Testing

@Suite struct FormReaderTests {
    private static let type = "multipart/form-data; boundary=xx"

    private static func field(_ name: String, _ value: String) -> String {
        "--xx\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
    }

    private static func file(_ content: String, _ name: String = "a.txt") -> String {
        "--xx\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n"
            + "Content-Type: text/plain\r\n\r\n\(content)\r\n"
    }

    /// What a form was read as, or the fault.
    struct Findings: Equatable {
        var fields: [String] = []
        var fileName: String?
        var file = ""
        var isFileEnded = false
        var error: FormError?
    }

    static func read(
        _ pieces: [[UInt8]],
        type: String = type,
        limits: FormReader.Limits = .init()
    ) -> Findings {
        var findings = Findings()
        var file: [UInt8] = []
        do throws(FormError) {
            var reader = try FormReader(contentType: type, limits: limits)
            defer {
                findings.fields = (0..<reader.fields.count).map {
                    "\(reader.fields.name(at: $0))=\(reader.fields.value(at: $0))"
                }
                findings.file = String(decoding: file, as: UTF8.self)
            }
            for piece in pieces {
                var position = 0
                while let event = try reader.next(piece.span, &position) {
                    switch event {
                    case .file(let name): findings.fileName = String(decoding: name, as: UTF8.self)
                    case .data(let range): file += piece[range]
                    case .withheld(let count): file += reader.delimiter[..<count]
                    case .fileEnded: findings.isFileEnded = true
                    }
                }
                #expect(position == piece.count)
            }
            try reader.finish()
        } catch {
            findings.error = error
        }
        return findings
    }

    private static func read(_ text: String, limits: FormReader.Limits = .init()) -> Findings {
        read([Array(text.utf8)], limits: limits)
    }

    private static let forms: [String] = [
        field("key", "k") + field("Content-Type", "text/plain") + file("hello") + "--xx--\r\n",
        field("key", "") + file("") + "--xx--",
        field("key", "a\r\nb") + file("\r\n--x\r\n\r\n--xy\r--xx\n\r\r\n--x") + "--xx--\r\n",
        field("key", "k") + file("a") + field("submit", "Go") + file("b") + "--xx--\r\n",
        "\r" + field("key", "k"), field("key", "k") + file("a") + "--xx--\r\nmore",
        field("key", "k") + file("a") + "--xxy", field("key", "k") + "--xx--\r\n",
    ]

    @Test("reads the same at every split", arguments: forms.indices)
    func splits(index: Int) {
        #expect(verifyFraming(Array(Self.forms[index].utf8)) { Self.read($0) } == [])
    }

    @Test("gives fields in lower case, the file's name and bytes")
    func whole() {
        let found = Self.read(Self.forms[0])
        #expect(found.fields == ["key=k", "content-type=text/plain"])
        #expect(found.fileName == "a.txt")
        #expect(found.file == "hello")
        #expect(found.isFileEnded)
        #expect(found.error == nil)
    }

    @Test("takes what only looks like a boundary for data")
    func almostBoundaries() {
        let found = Self.read(Self.forms[2])
        #expect(found.fields == ["key=a\r\nb"])
        #expect(found.file == "\r\n--x\r\n\r\n--xy\r--xx\n\r\r\n--x")
        #expect(found.error == nil)
    }

    @Test("passes over what follows the file, another file too")
    func ignored() {
        let found = Self.read(Self.forms[3])
        #expect(found.fields == ["key=k"])
        #expect(found.file == "a")
        #expect(found.error == nil)
    }

    @Test("reads names between quotes, with or without them, as browsers write them")
    func names() {
        let cases = [
            (#"form-data; name="file"; filename="C:\dir\a.txt""#, #"C:\dir\a.txt"#),
            (#"form-data; name="file"; filename="a \"b\" \\ ;c""#, #"a "b" \ ;c"#),
            ("Form-Data ; NAME=File ;filename=plain.txt ", "plain.txt"),
            (#"form-data;name="file";filename="é""#, "é"), (#"form-data; name="file""#, ""),
        ]
        for (disposition, name) in cases {
            let text = "--xx\r\ncontent-disposition: \(disposition)\r\n\r\n\r\n--xx--"
            let found = Self.read(text)
            #expect(found.fileName == name, "\(disposition)")
            #expect(found.error == nil, "\(disposition)")
        }
    }

    @Test("refuses each fault")
    func faults() {
        let head = "--xx\r\nContent-Disposition: "
        let cases: [(String, FormError)] = [
            ("", .endUnexpected), ("--x", .endUnexpected), ("junk--xx\r\n", .delimiterMissing),
            ("\r\n--xx\r\n", .delimiterMissing), ("--xxx", .delimiterInvalid),
            ("--xx\n", .delimiterInvalid), ("--xx-x", .delimiterInvalid),
            ("--xx--", .fileMissing), (Self.field("key", "k") + "--xx--", .fileMissing),
            (Self.file("a"), .endUnexpected), (Self.file("a") + "--xx", .endUnexpected),
            (Self.file("a") + "--xx--\r", .endUnexpected),
            (Self.file("a") + "--xx--x", .delimiterInvalid),
            (Self.field("key", "1") + Self.field("KEY", "2"), .fieldRepeated("key")),
            ("--xx\r\n\r\n", .partHeadInvalid), ("--xx\r\nno colon\r\n", .partHeadInvalid),
            ("--xx\r\nA: b\n", .partHeadInvalid), ("--xx\r\nA: b\r\n c\r\n", .partHeadInvalid),
            (head + "attachment; name=\"a\"\r\n", .partHeadInvalid),
            (head + "form-data\r\n", .partHeadInvalid),
            (head + "form-data; name=\"\"\r\n", .partHeadInvalid),
            (head + "form-data; name=\"a\r\n", .partHeadInvalid),
            (head + "form-data; name=\"a\"b\r\n", .partHeadInvalid),
            (head + "form-data; name=a; name=b\r\n", .partHeadInvalid),
            (
                head + "form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n",
                .partHeadInvalid
            ),
            (
                head + "form-data; name=a\r\nContent-Transfer-Encoding: base64\r\n",
                .partHeadInvalid
            ),
            (head + "form-data; name=\"a\u{0}\"\r\n", .partHeadInvalid),
        ]
        for (text, error) in cases { #expect(Self.read(text).error == error, "\(text)") }
    }

    @Test("takes no boundary but what RFC 2046 allows, of no type but that of forms")
    func contentTypes() {
        let body = Array((Self.file("a") + "--xx--").utf8)
        for type in [
            "multipart/form-data; boundary=xx",
            "Multipart/Form-Data;charset=utf-8; BOUNDARY=\"xx\"",
        ] {
            #expect(Self.read([body], type: type).error == nil, "\(type)")
        }
        for type in [
            "", "multipart/form-data", "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"xx \"", "multipart/mixed; boundary=xx",
            "multipart/form-data; boundary=xx; boundary=xx",
            "multipart/form-data; boundary=" + String(repeating: "x", count: 71),
            "multipart/form-data; boundary=é", "application/x-www-form-urlencoded",
        ] {
            #expect(Self.read([body], type: type).error == .boundaryInvalid, "\(type)")
        }
        #expect(FormReader.isForm("multipart/form-data; boundary"))
        #expect(!FormReader.isForm("text/plain"))
        #expect(!FormReader.isForm(nil))
    }

    @Test("holds its limits wherever the body is split, and the file's bytes don't count")
    func limits() {
        let prefix = Self.field("key", "k") + Self.file("").dropLast()
        let text = prefix + String(repeating: "a", count: 100) + "\r\n--xx--"
        let count = prefix.utf8.count
        for (limit, error) in [(count, nil), (count - 1, FormError.fieldsTooLarge)] {
            let limits = FormReader.Limits(bytesMax: limit)
            #expect(Self.read(text, limits: limits).error == error)
            #expect(verifyFraming(Array(text.utf8)) { Self.read($0, limits: limits) } == [])
        }
        let fields = (0..<3).map { Self.field("f\($0)", "") }.joined()
        for (most, error) in [(3, nil), (2, FormError.tooManyFields)] {
            let limits = FormReader.Limits(fieldsMax: most)
            #expect(Self.read(fields + Self.file("") + "--xx--", limits: limits).error == error)
        }
    }

    @Test("throws the same again")
    func staysFailed() throws {
        var reader = try FormReader(contentType: Self.type)
        let bytes = Array("nonsense".utf8)
        for _ in 0..<2 {
            var position = 0
            #expect(throws: FormError.delimiterMissing) { try reader.next(bytes.span, &position) }
        }
        #expect(throws: FormError.delimiterMissing) { try reader.finish() }
    }

    @Test("takes any bytes without a trap, the same at every split")
    func nonsense() {
        let words = [
            "\r", "\n", "-", "--xx", "xx", "\r\n", "\r\n--xx", "name=\"file\"", "--",
            "Content-Disposition: form-data; name=\"a\"", "\r\n\r\n", "a", "\u{0}",
        ]
        for seed in 0..<30 {
            var random = SplitMix64(seed: UInt64(seed))
            var text = seed.isMultiple(of: 2) ? Self.file("x") : "--xx\r\n"
            for _ in 0..<12 { text += words.randomElement(using: &random) ?? "" }
            let bytes = Array(text.utf8)
            #expect(verifyFraming(bytes, exhaustiveMax: 64) { Self.read($0) } == [], "\(seed)")
        }
    }
}
