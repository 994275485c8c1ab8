import Encoding
import Policy
import TestSupport
import Testing

@Suite("Policies against a second evaluation")
struct PolicyComparisonTests {
    private struct Maker {
        var random: SplitMix64

        mutating func pick<Value>(_ values: [Value]) -> Value {
            values[Int(random.next() % UInt64(values.count))]
        }

        mutating func some(_ values: [String]) -> JSONValue {
            let first = pick(values)
            return pick([true, false]) ? .string(first) : [.string(first), .string(pick(values))]
        }

        static let operators: [(name: String, keys: [PolicyKey], values: [String])] = [
            ("StringEquals", [.prefix, .encryption], ["", "a", "aws:kms", "a*"]),
            ("StringNotEquals", [.prefix, .encryption], ["", "a", "aws:kms"]),
            ("StringLike", [.prefix, .encryption], ["*", "a*", "?", "aws:*", "*a*"]),
            ("StringNotLike", [.prefix], ["a*", "?b"]), ("Null", [.prefix, .encryption], ["true"]),
            ("Null", [.customerAlgorithm, .prefix], ["false"]),
            ("NumericEquals", [.maxKeys], ["1", "10"]),
            ("NumericNotEquals", [.maxKeys], ["1", "10"]),
            ("NumericLessThan", [.maxKeys], ["5", "-3"]),
            (
                "IpAddress", [.sourceAddress],
                ["10.0.0.0/8", "10.1.0.0/17", "0.0.0.0/0", "10.1.2.3"]
            ),
            ("NotIpAddress", [.sourceAddress], ["10.0.0.0/9", "10.1.2.3/31"]),
            ("Bool", [.secureTransport], ["true", "false"]),
            ("StringEqualsIfExists", [.prefix], ["a"]),
            ("NumericLessThanIfExists", [.maxKeys], ["5"]),
        ]

        mutating func conditions() -> JSONValue? {
            guard pick([true, false, false]) else { return nil }
            var members: [JSONMember] = []
            for _ in 0..<pick([1, 1, 2]) {
                let (name, keys, values) = pick(Self.operators)
                guard !members.contains(where: { $0.name == name }) else { continue }
                let inner: JSONValue = .object([JSONMember(pick(keys).rawValue, some(values))])
                members.append(JSONMember(name, inner))
            }
            return .object(members)
        }

        mutating func statement() -> JSONValue {
            let effect = pick(["Allow", "Deny"])
            var members = [JSONMember("Effect", .string(effect))]
            let who: JSONValue = pick([
                "*", ["AWS": "*"], ["AWS": "ann"], ["AWS": ["ann", "bob"]],
                ["CanonicalUser": "bob"],
            ])
            let isNamed = effect == "Deny" && pick([true, false, false])
            members.append(
                isNamed ? JSONMember("NotPrincipal", ["AWS": "bob"]) : JSONMember("Principal", who)
            )
            let actions = ["s3:GetObject", "s3:*Object", "s3:Get*", "s3:*", "*", "s3:?etObject"]
            members.append(JSONMember(pick(["Action", "Action", "NotAction"]), some(actions)))
            let places = ["b/*", "b/a*", "b*", "b/?", "b/a/*/c", "b/"]
            let arns = places.map { "arn:aws:s3:::" + $0 }
            members.append(JSONMember(pick(["Resource", "Resource", "NotResource"]), some(arns)))
            if let conditions = conditions() { members.append(JSONMember("Condition", conditions)) }
            return .object(members)
        }

        mutating func request() -> PolicyRequest {
            var context: [PolicyKey: String] = [:]
            context[.prefix] = pick([nil, "", "a", "ab", "bb"])
            context[.encryption] = pick([nil, "aws:kms", "a", ""])
            context[.customerAlgorithm] = pick([nil, "AES256"])
            context[.maxKeys] = pick([nil, "1", "4", "10", "-5"])
            context[.sourceAddress] = pick(["10.1.2.3", "10.1.2.2", "10.200.0.1", "192.0.2.1"])
            context[.secureTransport] = pick(["true", "false"])
            let place = pick(["b", "b/a", "b/", "b/a/x/c", "b/abc", "b/é", "b/a/c"])
            return PolicyRequest(
                principal: pick([nil, "ann", "bob", "eve"]),
                action: pick([.getObject, .putObject, .deleteObject, .listBucket, .getObjectAcl]),
                resource: "arn:aws:s3:::" + place,
                context: context
            )
        }
    }

    @Test("random policies and requests come to the same", arguments: [1, 2, 3, 4] as [UInt64])
    func random(seed: UInt64) throws {
        var maker = Maker(random: SplitMix64(seed: seed))
        var verdicts: [String: Int] = [:]
        for _ in 0..<400 {
            let statements = (0..<maker.pick([1, 2, 3])).map { _ in maker.statement() }
            let json = JSONValue.object([JSONMember("Statement", .array(statements))]).encode()
            // Statements that could have no effect are refused; they are another test's.
            guard let policy = try? PolicyDocument(json: json, of: .bucket("b")) else { continue }
            let naive = NaivePolicy(statements: statements)
            for _ in 0..<12 {
                let request = maker.request()
                let found: String =
                    switch policy.effect(on: request) {
                    case .allow: "Allow"
                    case .deny: "Deny"
                    case nil: ""
                    }
                let expected = naive.verdict(on: request)
                verdicts[expected, default: 0] += 1
                #expect(
                    found == expected,
                    "seed \(seed): \(String(decoding: json, as: UTF8.self)) \(request)"
                )
            }
        }
        // The comparison sees each verdict often.
        for verdict in ["Allow", "Deny", ""] { #expect(verdicts[verdict, default: 0] > 200) }
    }
}
