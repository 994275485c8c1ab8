import Policy
import Testing

@Suite("What a policy says of a request")
struct PolicyEvaluationTests {
    private func effect(
        _ statement: String,
        _ request: PolicyRequest
    ) throws -> PolicyDocument.Effect? {
        try Sample.bucketPolicy(statement).effect(on: request)
    }

    @Test(
        "follows actions and resources, with wildcards",
        arguments: [
            ("s3:GetObject", "b/*", "GetObject", "b/k", true),
            ("s3:GetObject", "b/*", "PutObject", "b/k", false),
            ("S3:getobject", "b/*", "GetObject", "b/k", true),
            ("s3:Get*", "b/*", "GetObject", "b/a/b", true),
            ("s3:*Object", "b/*", "PutObject", "b/k", true),
            ("s3:*Object", "b/*", "GetObjectAcl", "b/k", false),
            ("*", "b/*", "DeleteObject", "b/k", true),
            ("s3:ListBucket", "b", "ListBucket", "b", true),
            ("s3:ListBucket", "b*", "ListBucket", "b", true),
            ("s3:*", "b", "GetObject", "b/k", false),
            ("s3:*", "b/*", "ListBucket", "b", false),
            ("s3:GetObject", "b/a?c", "GetObject", "b/abc", true),
            ("s3:GetObject", "b/a?c", "GetObject", "b/aéc", true),
            ("s3:GetObject", "b/a?c", "GetObject", "b/ac", false),
            ("s3:GetObject", "b/a*z", "GetObject", "b/az", true),
            ("s3:GetObject", "b/a*z", "GetObject", "b/azy", false),
            ("s3:GetObject", "b/*/x/*.txt", "GetObject", "b/q/x/x/n.txt", true),
            ("s3:GetObject", "b/A", "GetObject", "b/a", false),
            ("s3:GetObject", "b/\\u002A", "GetObject", "b/k", true),
        ] as [(String, String, String, String, Bool)]
    )
    func places(
        _ action: String,
        _ resource: String,
        _ asked: String,
        _ place: String,
        _ isMatched: Bool
    ) throws {
        let statement = """
            {"Effect":"Allow","Principal":"*","Action":"\(action)",
             "Resource":["arn:aws:s3:::\(resource)"]}
            """
        let request = try Sample.request(asked, place)
        #expect(try effect(statement, request) == (isMatched ? .allow : nil))
    }

    @Test("follows principals")
    func principals() throws {
        let table: [(String, [String?])] = [
            ("\"Principal\":\"*\"", ["ann", "bob", nil]),
            ("\"Principal\":{\"AWS\":\"*\"}", ["ann", "bob", nil]),
            ("\"Principal\":{\"AWS\":\"ann\"}", ["ann"]),
            ("\"Principal\":{\"AWS\":[\"arn:aws:iam:::user/ann\",\"bob\"]}", ["ann", "bob"]),
            ("\"Principal\":{\"CanonicalUser\":\"bob\"}", ["bob"]),
            ("\"NotPrincipal\":{\"AWS\":\"ann\"}", ["bob", nil]),
        ]
        for (principal, matched) in table {
            for id in ["ann", "bob", nil] {
                let statement = """
                    {"Effect":"Deny",\(principal),"Action":"s3:GetObject",
                     "Resource":"arn:aws:s3:::b/*"}
                    """
                let request = try Sample.request("GetObject", "b/k", principal: id)
                let found = try effect(statement, request)
                #expect((found == .deny) == matched.contains(id), "\(principal) \(id ?? "nobody")")
            }
        }
    }

    @Test("turns NotAction and NotResource round")
    func negations() throws {
        let notAction = """
            {"Effect":"Deny","Principal":"*","NotAction":["s3:Get*","s3:ListBucket"],
             "Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}
            """
        #expect(try effect(notAction, Sample.request("PutObject", "b/k")) == .deny)
        #expect(try effect(notAction, Sample.request("GetObject", "b/k")) == nil)
        #expect(try effect(notAction, Sample.request("ListBucket", "b")) == nil)
        let notResource = """
            {"Effect":"Deny","Principal":"*","Action":"s3:GetObject",
             "NotResource":"arn:aws:s3:::b/public/*"}
            """
        #expect(try effect(notResource, Sample.request("GetObject", "b/k")) == .deny)
        #expect(try effect(notResource, Sample.request("GetObject", "b/public/k")) == nil)
    }

    @Test("denies what one statement denies, whatever others allow, in any order")
    func denial() throws {
        let allow = Sample.statement("Allow", "s3:*")
        let deny = Sample.statement("Deny", "s3:DeleteObject")
        for pair in ["\(allow),\(deny)", "\(deny),\(allow)"] {
            #expect(try effect(pair, Sample.request("DeleteObject", "b/k")) == .deny)
            #expect(try effect(pair, Sample.request("GetObject", "b/k")) == .allow)
        }
    }

    @Test("asks for all operators and keys, and for any value")
    func conjunction() throws {
        let statement = """
            {"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b",
             "Condition":{"StringLike":{"s3:prefix":["a/*","b/*"],"s3:delimiter":"/"},
                          "NumericLessThanEquals":{"s3:max-keys":"10"}}}
            """
        func effect(_ context: [PolicyKey: String]) throws -> PolicyDocument.Effect? {
            try self.effect(statement, Sample.request("ListBucket", "b", context))
        }
        let whole: [PolicyKey: String] = [.prefix: "b/c", .delimiter: "/", .maxKeys: "10"]
        #expect(try effect(whole) == .allow)
        for (key, value) in [(PolicyKey.prefix, "c/"), (.delimiter, "-"), (.maxKeys, "11")] {
            #expect(try effect(whole.merging([key: value]) { $1 }) == nil)
        }
        #expect(try effect(whole.filter { $0.key != .maxKeys }) == nil)
    }

    @Test("takes what can't be compared for a reason to deny, and none to allow")
    func uncertain() throws {
        let condition = "\"Condition\":{\"NumericGreaterThan\":{\"s3:max-keys\":\"10\"}}"
        for (name, expected) in [("Deny", PolicyDocument.Effect.deny), ("Allow", nil)] {
            let statement = """
                {"Effect":"\(name)","Principal":"*","Action":"s3:ListBucket",
                 "Resource":"arn:aws:s3:::b",\(condition)}
                """
            for value in ["many", "", "1e3", "0x20", " 11"] {
                let request = try Sample.request("ListBucket", "b", [.maxKeys: value])
                #expect(try effect(statement, request) == expected, "\(name) \(value)")
            }
        }
    }

    @Test("who needs leave: everybody but a credential without a policy")
    func senders() throws {
        let allow = try Sample.bucketPolicy(Sample.statement("Allow", "s3:GetObject"))
        let deny = try Sample.bucketPolicy(Sample.statement("Deny", "s3:GetObject"))
        let own = try Sample.ownPolicy("Allow", "s3:GetObject", "arn:aws:s3:::b/*")
        let other = try Sample.ownPolicy("Allow", "s3:PutObject", "arn:aws:s3:::b/*")
        let denying = try Sample.ownPolicy("Deny", "s3:GetObject", "*")
        let table: [(PolicySender, PolicyDocument?, Bool)] = [
            (.full, nil, true), (.full, allow, true), (.full, deny, false),
            (.anonymous, nil, false), (.anonymous, allow, true), (.anonymous, deny, false),
            (.limited(own), nil, true), (.limited(own), deny, false), (.limited(own), allow, true),
            (.limited(other), nil, false), (.limited(other), allow, true),
            (.limited(denying), nil, false), (.limited(denying), allow, false),
        ]
        for (index, row) in table.enumerated() {
            let request = try Sample.request("GetObject", "b/k", principal: "ann")
            #expect(row.0.permits(request, bucketPolicy: row.1) == row.2, "row \(index)")
        }
    }

    @Test("what is open to everybody is told")
    func publicity() throws {
        let table: [(String, String, Bool)] = [
            ("\"Effect\":\"Allow\",\"Principal\":\"*\"", "", true),
            ("\"Effect\":\"Deny\",\"Principal\":\"*\"", "", false),
            ("\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"ann\"}", "", false),
            (
                "\"Effect\":\"Allow\",\"Principal\":\"*\"",
                ",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"192.0.2.0/24\"}}", false
            ),
            (
                "\"Effect\":\"Allow\",\"Principal\":\"*\"",
                ",\"Condition\":{\"IpAddress\":{\"aws:SourceIp\":\"0.0.0.0/0\"}}", true
            ),
            (
                "\"Effect\":\"Allow\",\"Principal\":\"*\"",
                ",\"Condition\":{\"Bool\":{\"aws:SecureTransport\":true}}", true
            ),
        ]
        for (head, tail, isPublic) in table {
            let policy = try Sample.bucketPolicy(
                "{\(head),\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::b/*\"\(tail)}"
            )
            #expect(policy.isPublic == isPublic, "\(head)\(tail)")
        }
    }
}
