import Policy
import Testing

@Suite("Policies that aren't taken")
struct PolicyReadingTests {
    private func refusal(
        _ json: String,
        _ owner: PolicyDocument.Owner = .bucket("b")
    ) -> PolicyError? {
        do {
            _ = try PolicyDocument(json: Array(json.utf8), of: owner)
            return nil
        } catch {
            return error
        }
    }

    private func refusal(statement: String) -> PolicyError? {
        refusal("{\"Statement\":[{\(statement)}]}")
    }

    /// A statement that is right but for these elements, or with these besides.
    private func refusal(_ changes: [String: String?]) -> PolicyError? {
        var elements: [String: String] = [
            "Effect": "\"Allow\"", "Principal": "\"*\"", "Action": "\"s3:GetObject\"",
            "Resource": "\"arn:aws:s3:::b/*\"",
        ]
        for (name, value) in changes { elements[name] = value }
        let text = elements.sorted { $0.key < $1.key }.map { "\"\($0.key)\":\($0.value)" }
        return refusal(statement: text.joined(separator: ","))
    }

    @Test("a whole one is taken, of either form")
    func taken() {
        #expect(refusal([:]) == nil)
        let one = Sample.statement("Allow", "s3:*")
        #expect(refusal("{\"Id\":\"x\",\"Version\":\"2008-10-17\",\"Statement\":\(one)}") == nil)
        #expect(refusal(["Sid": "\"s\"", "Condition": "{}"]) == nil)
    }

    @Test("for the document")
    func documents() {
        let one = Sample.statement("Allow", "s3:*")
        for (json, error) in [
            ("", .notJSON), ("[]", .notJSON), ("{", .notJSON), ("null", .notJSON),
            ("{\"Statement\":[],\"Statement\":[]}", .notJSON),
            ("{}", .statementMissing), ("{\"Statement\":[]}", .statementMissing),
            ("{\"Statement\":[1]}", .elementMalformed("Statement")),
            ("{\"Statement\":\(one),\"Extra\":1}", .elementUnknown("Extra")),
            ("{\"Statement\":\(one),\"Id\":1}", .elementMalformed("Id")),
            ("{\"Statement\":\(one),\"Version\":\"2020-01-01\"}", .versionUnknown("2020-01-01")),
            ("{\"Statement\":\(one),\"Version\":1}", .versionUnknown("")),
        ] as [(String, PolicyError)] {
            #expect(refusal(json) == error, "\(json)")
        }
        let space = String(repeating: " ", count: PolicyDocument.byteCountMax)
        #expect(refusal(space + "{}") == .tooLarge)
        let fits = PolicyDocument.byteCountMax - "{\"Statement\":\(one)}".utf8.count
        #expect(refusal(String(repeating: " ", count: fits) + "{\"Statement\":\(one)}") == nil)
    }

    @Test("for an element")
    func elements() {
        let table: [([String: String?], PolicyError)] = [
            (["Effect": nil], .effectInvalid), (["Effect": "\"allow\""], .effectInvalid),
            (["Sid": "1"], .elementMalformed("Sid")), (["Foo": "1"], .elementUnknown("Foo")),
            (["action": "\"s3:*\""], .elementUnknown("action")),
            (["Action": nil], .actionMissing), (["NotAction": "\"s3:*\""], .actionMissing),
            (["Action": "[]"], .elementMalformed("Action")),
            (["Action": "[1]"], .elementMalformed("Action")),
            (["Action": "\"s3:GetObjekt\""], .actionUnknown("s3:GetObjekt")),
            (["Action": "\"GetObject\""], .actionUnknown("GetObject")),
            (["Action": "\"kms:*\""], .serviceMisplaced("kms:*")),
            (["Action": "\"s3:Got*\""], .actionUnknown("s3:Got*")),
            (["Action": "\"s3:ListBucket\""], .actionWithoutResource("s3:ListBucket")),
            (["Action": "\"s3:ListAllMyBuckets\""], .actionWithoutResource("s3:ListAllMyBuckets")),
            (["Resource": "\"arn:aws:s3:::b\""], .actionWithoutResource("s3:GetObject")),
            (["Resource": nil], .resourceMissing),
            (["NotResource": "\"arn:aws:s3:::b/a\""], .resourceMissing),
            (["Resource": "\"*\""], .resourceInvalid("*")),
            (["Resource": "\"arn:aws:s3:::other/*\""], .resourceInvalid("arn:aws:s3:::other/*")),
            (["Resource": "\"arn:aws:s3:::bb/*\""], .resourceInvalid("arn:aws:s3:::bb/*")),
            (["Resource": "\"b/*\""], .resourceInvalid("b/*")),
            (
                ["Resource": "\"arn:aws:s3:::b/${aws:username}/*\""],
                .variableUnsupported("arn:aws:s3:::b/${aws:username}/*")
            ),
            (["Principal": nil], .principalMisplaced),
            (["NotPrincipal": "{\"AWS\":\"ann\"}"], .principalMisplaced),
            (["Principal": nil, "NotPrincipal": "{\"AWS\":\"ann\"}"], .principalNegated),
            (
                ["Principal": nil, "NotPrincipal": "\"*\"", "Effect": "\"Deny\""],
                .principalInvalid("*")
            ),
            (["Principal": "\"ann\""], .principalInvalid("ann")),
            (["Principal": "{}"], .principalInvalid("")),
            (["Principal": "{\"Service\":\"x\"}"], .principalInvalid("Service")),
            (["Principal": "{\"AWS\":[]}"], .elementMalformed("Principal")),
            (["Principal": "{\"AWS\":\"a*\"}"], .principalInvalid("a*")),
            (["Principal": "{\"CanonicalUser\":\"*\"}"], .principalInvalid("*")),
            (
                ["Principal": "{\"AWS\":\"arn:aws:iam::1:user/ann\"}"],
                .principalInvalid("arn:aws:iam::1:user/ann")
            ),
            (
                ["Principal": "{\"AWS\":\"arn:aws:iam:::user/\"}"],
                .principalInvalid("arn:aws:iam:::user/")
            ),
        ]
        for (changes, error) in table { #expect(refusal(changes) == error, "\(changes)") }
    }

    @Test("for a condition")
    func conditions() {
        for (condition, error) in [
            ("1", .conditionMalformed), ("[]", .conditionMalformed),
            ("{\"Null\":1}", .conditionMalformed), ("{\"Null\":{}}", .conditionMalformed),
            ("{\"Null\":{\"s3:prefix\":[]}}", .conditionMalformed),
            ("{\"Null\":{\"s3:prefix\":null}}", .conditionMalformed),
            ("{\"Null\":{\"s3:prefix\":{\"a\":1}}}", .conditionMalformed),
            ("{\"Nil\":{\"s3:prefix\":true}}", .operatorUnknown("Nil")),
            ("{\"NullIfExists\":{\"s3:prefix\":true}}", .operatorUnknown("NullIfExists")),
            (
                "{\"ForAnyValue:StringLike\":{\"s3:prefix\":\"a\"}}",
                .operatorUnknown("ForAnyValue:StringLike")
            ),
            ("{\"Null\":{\"s3:prefux\":true}}", .conditionKeyUnknown("s3:prefux")),
            (
                "{\"StringEquals\":{\"s3:ExistingObjectTag/a\":\"b\"}}",
                .conditionKeyUnknown("s3:ExistingObjectTag/a")
            ),
            (
                "{\"Null\":{\"s3:prefix\":\"maybe\"}}",
                .conditionValueInvalid(key: "s3:prefix", value: "maybe")
            ),
            (
                "{\"IpAddress\":{\"aws:SourceIp\":\"192.0.2.0/33\"}}",
                .conditionValueInvalid(key: "aws:SourceIp", value: "192.0.2.0/33")
            ),
            (
                "{\"NumericEquals\":{\"s3:max-keys\":\"ten\"}}",
                .conditionValueInvalid(key: "s3:max-keys", value: "ten")
            ),
            (
                "{\"DateLessThan\":{\"aws:CurrentTime\":\"soon\"}}",
                .conditionValueInvalid(key: "aws:CurrentTime", value: "soon")
            ),
            (
                "{\"IpAddress\":{\"s3:prefix\":\"::1\"}}",
                .operatorUnfit("IpAddress", key: "s3:prefix")
            ),
            ("{\"Bool\":{\"s3:prefix\":\"true\"}}", .operatorUnfit("Bool", key: "s3:prefix")),
            (
                "{\"DateEquals\":{\"s3:max-keys\":\"1\"}}",
                .operatorUnfit("DateEquals", key: "s3:max-keys")
            ),
            (
                "{\"NumericEquals\":{\"s3:prefix\":\"1\"}}",
                .operatorUnfit("NumericEquals", key: "s3:prefix")
            ),
            (
                "{\"StringLike\":{\"s3:prefix\":\"${aws:username}/*\"}}",
                .variableUnsupported("${aws:username}/*")
            ),
        ] as [(String, PolicyError)] {
            #expect(refusal(["Condition": condition]) == error, "\(condition)")
        }
    }

    @Test("of a credential with a principal, or with another service's resources")
    func credentials() {
        func statement(_ more: String, _ resource: String) -> String {
            """
            {"Statement":{"Effect":"Allow","Action":"s3:*","Resource":\(resource)\(more)}}
            """
        }
        for resource in ["\"*\"", "\"arn:aws:s3:::any/*\"", "[\"arn:aws:s3:::a\",\"*\"]"] {
            #expect(refusal(statement("", resource), .credential) == nil)
        }
        let named = statement(",\"Principal\":\"*\"", "\"*\"")
        #expect(refusal(named, .credential) == .principalMisplaced)
        let other = statement("", "\"arn:aws:kms:::a\"")
        #expect(refusal(other, .credential) == .servicesMixed)
    }

    @Test("addresses have one form")
    func addresses() {
        for text in [
            "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "1.2.3.4/", "1.2.3.4/01", "1.2.3.4/-1",
            "::/129", ":::", "1:2", "1::2::3", "g::", "1:2:3:4:5:6:7:8:9", "::1.2.3", "", "/8",
            "12345::", "1:2:3:4:5:6:7::8:9",
        ] {
            let condition = "{\"IpAddress\":{\"aws:SourceIp\":\"\(text)\"}}"
            #expect(
                refusal(["Condition": condition])
                    == .conditionValueInvalid(key: "aws:SourceIp", value: text)
            )
        }
        for text in ["::", "::1", "1::", "::/0", "1:2:3:4:5:6:7:8", "::1.2.3.4", "ABCD::/16"] {
            let condition = "{\"IpAddress\":{\"aws:SourceIp\":\"\(text)\"}}"
            #expect(refusal(["Condition": condition]) == nil, "\(text)")
        }
    }

    @Test("every refusal has a word of its own")
    func explanations() {
        let errors: [PolicyError] = [
            .actionMissing, .actionUnknown("x"), .actionWithoutResource("x"),
            .conditionKeyUnknown("x"), .conditionMalformed,
            .conditionValueInvalid(key: "k", value: "x"), .effectInvalid, .elementMalformed("x"),
            .elementUnknown("x"), .notJSON, .operatorUnfit("x", key: "k"), .operatorUnknown("x"),
            .principalInvalid("x"), .principalMisplaced, .principalNegated, .resourceInvalid("x"),
            .resourceMissing, .statementMissing, .tooLarge, .variableUnsupported("x"),
            .versionUnknown("x"),
        ]
        #expect(Set(errors.map(\.explanation)).count == errors.count)
    }
}
