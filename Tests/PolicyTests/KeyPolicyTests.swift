import Policy
import Testing

@Suite("Rights on KMS keys")
struct KeyPolicyTests {
    private func policy(_ statements: String...) throws -> PolicyDocument {
        let json = "{\"Statement\":[\(statements.joined(separator: ","))]}"
        return try PolicyDocument(json: Array(json.utf8), of: .credential)
    }

    private func statement(
        _ effect: String,
        _ action: String,
        _ resource: String = "arn:aws:kms:::key/*",
        name: String = "Action"
    ) -> String {
        "{\"Effect\":\"\(effect)\",\"\(name)\":\(action),\"Resource\":\"\(resource)\"}"
    }

    private func permits(
        _ document: PolicyDocument,
        _ action: PolicyAction,
        _ keyID: String?,
        aliases: [String] = []
    ) -> Bool {
        let request = PolicyRequest(
            principal: "ann",
            action: action,
            resource: PolicyRequest.resource(keyID: keyID),
            aliases: aliases.map { PolicyRequest.resource(keyID: $0) },
            context: [:]
        )
        return PolicySender.limited(document).permits(request, bucketPolicy: nil)
    }

    @Test("reach as far as the pattern of their keys, and no further")
    func patterns() throws {
        let own = try policy(
            statement("Allow", "[\"kms:Decrypt\",\"kms:generate*\"]", "arn:aws:kms:::key/team-*")
        )
        #expect(permits(own, .decrypt, "team-a"))
        #expect(permits(own, .generateDataKey, "team-a"))
        #expect(permits(own, .decrypt, "arn:aws:kms:eu-1:123456789012:key/team-a"))
        for keyID in ["other", "xteam-a", "team", nil, "key/team-a", "TEAM-a"] {
            #expect(!permits(own, .decrypt, keyID), "\(keyID ?? "none")")
        }
        #expect(!permits(own, .describeKey, "team-a"))
        #expect(!permits(own, .getObject, "team-a"))
    }

    @Test("are taken away by a denial, and given by none of S3's statements")
    func denials() throws {
        let most = try policy(
            statement("Allow", "\"kms:*\""),
            statement("Deny", "\"kms:Decrypt\"", "arn:aws:kms:::key/secret")
        )
        #expect(permits(most, .decrypt, "open") && !permits(most, .decrypt, "secret"))
        #expect(permits(most, .generateDataKey, "secret"))
        for objects in ["\"s3:*\"", "\"s3:GetObject\""] {
            let document = try policy(statement("Allow", objects, "*"))
            #expect(!permits(document, .decrypt, "open"))
        }
        // Leaving out actions of S3 gives none of the KMS.
        let others = try policy(statement("Allow", "\"s3:PutObject\"", "*", name: "NotAction"))
        #expect(!permits(others, .decrypt, "open"))
        #expect(permits(try policy(statement("Allow", "\"*\"", "*")), .decrypt, "open"))
        let few = try policy(statement("Allow", "\"kms:Decrypt\"", "*", name: "NotAction"))
        #expect(permits(few, .createKey, nil) && !permits(few, .decrypt, "open"))
        #expect(!permits(few, .getObject, "open"))
    }

    @Test("stand in statements of their own, in credentials' policies")
    func mixed() throws {
        func refusal(_ statement: String, _ owner: PolicyDocument.Owner) -> PolicyError? {
            do throws(PolicyError) {
                _ = try PolicyDocument(json: Array("{\"Statement\":\(statement)}".utf8), of: owner)
                return nil
            } catch {
                return error
            }
        }
        let both = "[\"s3:GetObject\",\"kms:Decrypt\"]"
        #expect(refusal(statement("Allow", both, "*"), .credential) == .servicesMixed)
        #expect(
            refusal(statement("Allow", "\"kms:Decrypt\"", "arn:aws:s3:::b/*"), .credential)
                == .servicesMixed
        )
        #expect(
            refusal(statement("Allow", "\"s3:GetObject\""), .credential) == .servicesMixed
        )
        #expect(
            refusal(statement("Allow", "\"kms:Decript\""), .credential)
                == .actionUnknown("kms:Decript")
        )
        #expect(
            refusal(
                statement("Allow", "\"kms:Decrypt\"", "arn:aws:kms:eu-1:1:key/a"),
                .credential
            ) == .resourceInvalid("arn:aws:kms:eu-1:1:key/a")
        )
        func ofBucket(_ action: String) -> String {
            "{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\(action),"
                + "\"Resource\":\"arn:aws:s3:::b/*\"}"
        }
        #expect(refusal(ofBucket(both), .bucket("b")) == .servicesMixed)
        #expect(
            refusal(ofBucket("\"kms:Decrypt\""), .bucket("b")) == .serviceMisplaced("kms:Decrypt")
        )
        #expect(PolicyError.servicesMixed.explanation.contains("s3"))
    }

    @Test("are those of all names of a key, whichever is asked for")
    func aliases() throws {
        let names = ["id", "team-a", "second"]
        let denied = try policy(
            statement("Allow", "\"kms:*\""),
            statement("Deny", "\"kms:*\"", "arn:aws:kms:::key/second")
        )
        let allowed = try policy(statement("Allow", "\"kms:*\"", "arn:aws:kms:::key/team-*"))
        let others = try policy(
            "{\"Effect\":\"Allow\",\"Action\":\"kms:*\","
                + "\"NotResource\":\"arn:aws:kms:::key/second\"}"
        )
        for name in names {
            let rest = names.filter { $0 != name }
            #expect(!permits(denied, .decrypt, name, aliases: rest), "\(name)")
            #expect(permits(allowed, .decrypt, name, aliases: rest), "\(name)")
            #expect(!permits(others, .decrypt, name, aliases: rest), "\(name)")
        }
        #expect(permits(denied, .decrypt, "id", aliases: ["team-a"]))
        #expect(!permits(allowed, .decrypt, "id", aliases: ["second"]))
        #expect(permits(others, .decrypt, "id", aliases: ["team-a"]))
    }
}
