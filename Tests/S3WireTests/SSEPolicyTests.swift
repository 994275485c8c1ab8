import Encoding
import HTTPWire
import S3Wire
import Testing

@Suite struct SSEPolicyTests {
    /// Sixteen bytes that depend on all bytes: what an MD5 is good for here.
    static func digest(_ bytes: Span<UInt8>) -> [UInt8] {
        var sum: UInt64 = 0xcbf2_9ce4_8422_2325
        var digest: [UInt8] = []
        for round in UInt64(0)..<16 {
            sum = sum &* 31 &+ round
            for index in bytes.indices { sum = (sum ^ UInt64(bytes[index])) &* 0x100_0000_01b3 }
            digest.append(UInt8(truncatingIfNeeded: sum >> 32))
        }
        return digest
    }

    static let key = Array("01234567890123456789012345678901".utf8)
    static let other = Array("x1234567890123456789012345678901".utf8)
    static let short = Array("012345678901234567890123".utf8)

    private static func filled(_ value: String) -> String {
        var value = value
        for (name, text) in [
            ("{key32}", Base64.encode(key)), ("{key32-other}", Base64.encode(other)),
            ("{key24}", Base64.encode(short)), ("{md5}", Base64.encode(digest(key.span))),
            ("{md5-hex}", Hex.encode(digest(key.span))),
            ("{md5-other}", Base64.encode(digest(other.span))),
            ("{md5-key24}", Base64.encode(digest(short.span))),
        ] {
            value = value.replacing(name, with: text)
        }
        return value
    }

    private struct Vector {
        var name = ""
        var use = ""
        var expect = ""
        var fields = HTTPFields()
        var transport = SSETransport(isSecure: true)
        var mode = SSEMode.none
        var compatibility = Compatibility.rustfs
        var bucketDefault: SSEDefault?
        var isBlocked = false

        init(_ lines: [(name: String, value: String)]) throws {
            for line in lines {
                switch (line.name, line.value) {
                case ("case", let value): name = value
                case ("use", let value): use = value
                case ("expect", let value): expect = value
                case ("header", let value):
                    let colon = try #require(value.firstRange(of: ": "))
                    fields.append(
                        String(value[..<colon.lowerBound]),
                        SSEPolicyTests.filled(String(value[colon.upperBound...]))
                    )
                case ("transport", "plain"): transport.isSecure = false
                case ("transport", "loopback"):
                    transport = SSETransport(isSecure: false, allowsInsecureKeys: true)
                case ("transport", "unsigned"): transport.isSignatureVersion4 = false
                case ("profile", "aws"): compatibility = .aws
                case ("bucket", "blocked"): isBlocked = true
                case ("bucket", "sse-s3"): bucketDefault = .sseS3
                case ("bucket", let value):
                    let words = value.split(separator: " ")
                    try #require(words.count == 2 && words[0] == "sse-kms")
                    bucketDefault = .sseKMS(keyID: String(words[1]), bucketKeyEnabled: false)
                case ("stored", let value): mode = try SSEPolicyTests.mode(value)
                default: Issue.record("unknown line \(line)")
                }
            }
        }

        func outcome() -> String {
            let policy = SSEPolicy(compatibility: compatibility) { SSEPolicyTests.digest($0) }
            do throws(S3Error) {
                let key: CustomerKey?
                switch use {
                case "write": return try writeOutcome(policy)
                case "read": key = try policy.read(fields, transport: transport, stored: mode)
                case "copy-source":
                    key = try policy.copySource(fields, transport: transport, stored: mode)
                case "part": key = try policy.part(fields, transport: transport, upload: mode)
                case "other":
                    try policy.other(fields)
                    return "none"
                default: return "unknown use"
                }
                guard let key else { return "none" }
                return SSEPolicyTests.text(key)
            } catch {
                return "\(error.status) \(error.code.rawValue) \(error.message)"
            }
        }

        private func writeOutcome(_ policy: SSEPolicy) throws(S3Error) -> String {
            let choice = try policy.write(
                fields,
                transport: transport,
                bucketDefault: bucketDefault,
                bucketBlocksCustomerKeys: isBlocked
            )
            switch consume choice {
            case .sseS3: return "sse-s3"
            case .sseKMS(let keyID, _, _): return "sse-kms \(keyID ?? "-")"
            case .customer(let key): return SSEPolicyTests.text(key)
            }
        }
    }

    private static func mode(_ name: String) throws -> SSEMode {
        try #require(
            ["none": .none, "sse-s3": .sseS3, "sse-kms": .sseKMS, "customer": .customer][name]
        )
    }

    private static func text(_ key: borrowing CustomerKey) -> String {
        let isRight = key.withBytes { span in
            span.indices.allSatisfy { span[$0] == Self.key[$0] }
        }
        let isDigest = key.digest == Base64.encode(digest(Self.key.span))
        return isRight && isDigest ? "customer" : "another key"
    }

    @Test("vectors", arguments: ["write", "read", "parts"])
    func vectors(file: String) throws {
        let cases = try FixtureFile.cases("sse-headers/\(file).txt")
        #expect(cases.count > 8)
        for lines in cases {
            let vector = try Vector(lines)
            let outcome = vector.outcome()
            let isError = vector.expect.first?.isNumber == true
            #expect(
                isError ? outcome.hasPrefix(vector.expect) : outcome == vector.expect,
                "\(vector.name): \(outcome)"
            )
        }
    }

    /// What the rules say in one expression after the other, for the table below.
    private func expected(_ sse: String?, _ kms: Bool, _ trio: [String?], secure: Bool) -> String {
        let hasTrio = trio.contains { $0 != nil }
        if hasTrio, !secure { return "E19" }
        if sse == "aws:kms", !secure { return "E20" }
        if sse != nil, hasTrio { return "E1" }
        if sse == "aws:kms:dsse" { return "E34" }
        if let sse, sse != "AES256", sse != "aws:kms" { return "E2" }
        if kms, sse != "aws:kms" { return "E3" }
        guard hasTrio else { return sse == "aws:kms" ? "kms" : "s3" }
        guard let algorithm = trio[0] else { return "E5" }
        if algorithm != "AES256" { return "E6" }
        guard let key = trio[1] else { return "E7" }
        if key != "{key32}" { return "E8" }
        guard let digest = trio[2] else { return "E9" }
        return digest == "{md5}" ? "customer" : "E10"
    }

    private func name(_ error: S3Error) -> String {
        let texts = [
            ("E1", "is incompatible with"), ("E2", "The encryption method"),
            ("E3", "Server Side Encryption with AWS KMS managed key requires"),
            ("E5", "valid encryption algorithm."), ("E6", "The Encryption request"),
            ("E7", "appropriate secret key."), ("E8", "The secret key was invalid"),
            ("E9", "client calculated MD5"), ("E10", "The calculated MD5"),
            ("E19", "Customer provided keys must be made over"),
            ("E20", "managed keys must be made over"), ("E34", "implies functionality"),
        ]
        return texts.first { error.message.contains($0.1) }?.0 ?? error.message
    }

    @Test("the whole table of writes follows the order of the checks")
    func truthTable() {
        let policy = SSEPolicy(compatibility: .rustfs) { Self.digest($0) }
        let names = SSEHeader.Customer.object
        var count = 0
        for sse in [nil, "AES256", "aws:kms", "aws:kms:dsse", "x"] {
            for kms in [false, true] {
                for secure in [false, true] {
                    for algorithm in [nil, "AES256", "AES192"] {
                        for key in [nil, "{key32}", "{key24}", "???"] {
                            for digest in [nil, "{md5}", "{md5-other}", "x"] {
                                var fields = HTTPFields()
                                if let sse { fields.append(SSEHeader.encryption, sse) }
                                if kms { fields.append(SSEHeader.keyID, "k") }
                                if let algorithm { fields.append(names.algorithm, algorithm) }
                                if let key { fields.append(names.key, Self.filled(key)) }
                                if let digest { fields.append(names.digest, Self.filled(digest)) }
                                let wanted = expected(
                                    sse,
                                    kms,
                                    [algorithm, key, digest],
                                    secure: secure
                                )
                                #expect(outcome(policy, fields, secure) == wanted)
                                count += 1
                            }
                        }
                    }
                }
            }
        }
        #expect(count == 960)
    }

    private func outcome(_ policy: SSEPolicy, _ fields: HTTPFields, _ secure: Bool) -> String {
        do throws(S3Error) {
            let choice = try policy.write(fields, transport: SSETransport(isSecure: secure))
            switch consume choice {
            case .sseS3: return "s3"
            case .sseKMS: return "kms"
            case .customer: return "customer"
            }
        } catch { return name(error) }
    }

    @Test("a write carries context and bucket key into the choice")
    func kmsDetails() throws {
        let policy = SSEPolicy(compatibility: .rustfs) { Self.digest($0) }
        let json = " {\"b\" : \"2\",\"a\":\"\\u0031\"} "
        let fields = HTTPFields([
            (SSEHeader.encryption, "aws:kms"), (SSEHeader.keyID, ""),
            (SSEHeader.context, Base64.encode(json.utf8)), (SSEHeader.bucketKeyEnabled, "True"),
        ])
        let choice = try policy.write(
            fields,
            transport: SSETransport(isSecure: true),
            bucketDefault: .sseKMS(keyID: "bucket", bucketKeyEnabled: false)
        )
        guard case .sseKMS(let keyID, let context, let bucketKeyEnabled) = consume choice else {
            Issue.record("not SSE-KMS")
            return
        }
        #expect(keyID == "bucket")
        #expect(context == "{\"a\":\"1\",\"b\":\"2\"}")
        #expect(bucketKeyEnabled == true)
    }

    @Test("without a default a write that names no mode is refused, and a default may be KMS")
    func gatewayDefaults() throws {
        let transport = SSETransport(isSecure: true)
        let off = SSEPolicy(compatibility: .aws, gatewayDefault: nil) { Self.digest($0) }
        #expect {
            _ = try off.write(HTTPFields(), transport: transport).mode
        } throws: {
            ($0 as? S3Error)?.code == .accessDenied
        }
        let named = HTTPFields([(SSEHeader.encryption, "AES256")])
        #expect(try off.write(named, transport: transport).mode == .sseS3)
        #expect(
            try off.write(HTTPFields(), transport: transport, bucketDefault: .sseS3).mode == .sseS3
        )
        let kms = SSEPolicy(
            compatibility: .aws,
            gatewayDefault: .sseKMS(keyID: nil, bucketKeyEnabled: true)
        ) { Self.digest($0) }
        #expect(try kms.write(HTTPFields(), transport: transport).mode == .sseKMS)
        #expect(
            try kms.write(HTTPFields(), transport: transport, bucketDefault: .sseS3).mode == .sseS3
        )
    }

    @Test("the errors for later checks are S3's")
    func laterErrors() {
        #expect(SSEError.wrongCustomerKeyOnRead.status == 403)
        #expect(SSEError.wrongCustomerKeyOnPart.code == .invalidRequest)
        #expect(SSEError.keyUnknown("k", .rustfs).status == 404)
        #expect(SSEError.keyUnknown("k", .rustfs).code.rawValue == "NotFound")
        #expect(SSEError.keyUnknown("k", .rustfs).message.contains("'k'"))
        #expect(SSEError.keyUnknown("k", .aws).code == .kmsNotFound)
    }

    @Test("keys and their MD5s are told apart from what may be logged, and wiped")
    func secrets() {
        for names in [SSEHeader.Customer.object, .copySource] {
            #expect(SSEHeader.isSecret(names.key))
            #expect(SSEHeader.isSecret(names.digest))
            #expect(!SSEHeader.isSecret(names.algorithm))
            let fields = HTTPFields([(names.key, "abc"), (names.algorithm, "AES256")])
            let forgotten = fields
            SSEHeader.wipeKeys(in: fields)
            for fields in [fields, forgotten] {
                #expect(fields[names.key] == "\0\0\0")
                #expect(fields[names.algorithm] == "AES256")
            }
        }
    }
}
