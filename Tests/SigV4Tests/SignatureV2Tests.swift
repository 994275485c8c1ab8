import Encoding
import HTTPWire
import Testing

@testable import SigV4

@Suite("Signature version 2")
struct SignatureV2Tests {
    // Credentials and signatures of AWS's documentation of version 2.
    private static let id = "AKIAIOSFODNN7EXAMPLE"
    private static let secret = Array("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8)
    private static let now = Timestamp(iso8601: "2007-03-27T19:40:00Z") ?? Timestamp(seconds: 0)

    private static func head(
        _ method: HTTPMethod,
        _ target: String,
        _ fields: [(String, String)] = [],
        signature: String? = nil
    ) -> HTTPRequestHead {
        var fields = HTTPFields(fields)
        if let signature { fields.append("authorization", "AWS \(id):\(signature)") }
        return HTTPRequestHead(method: method, target: target, authority: "h", fields: fields)
    }

    private static func error(
        _ head: HTTPRequestHead,
        hostBucket: String? = nil,
        secret: [UInt8] = secret,
        now: Timestamp = now
    ) -> SigV4Error? {
        do throws(SigV4Error) {
            let signature = try SignatureV2(head: head)
            let identity = try signature.verify(
                secret: secret.span,
                hostBucket: hostBucket,
                now: now
            )
            #expect(identity.accessKeyID == id)
            #expect(!identity.isVersion4)
            #expect(identity.payload == .unsigned)
            return nil
        } catch {
            return error
        }
    }

    private static let date = [("date", "Tue, 27 Mar 2007 19:36:42 +0000")]

    /// The published examples: a read, a write, a listing and a sub-resource, by the host's bucket.
    private static let published: [(HTTPRequestHead, String?)] = [
        (
            head(.get, "/photos/puppy.jpg", date, signature: "bWq2s1WEIj+Ydj0vQ697zp+IXMU="),
            "johnsmith"
        ),
        (
            head(
                .put,
                "/photos/puppy.jpg",
                [
                    ("content-type", "image/jpeg"), ("content-length", "94328"),
                    ("date", "Tue, 27 Mar 2007 21:15:45 +0000"),
                ],
                signature: "MyyxeRY7whkBe+bq8fHCL/2kKUg="
            ), "johnsmith"
        ),
        (
            head(
                .get,
                "/?prefix=photos&max-keys=50&marker=puppy",
                [("user-agent", "Mozilla/5.0"), ("date", "Tue, 27 Mar 2007 19:42:41 +0000")],
                signature: "htDYFYduRNen8P9ZfE/s9SuKy0U="
            ), "johnsmith"
        ),
        (
            head(
                .get,
                "/?acl",
                [("date", "Tue, 27 Mar 2007 19:44:46 +0000")],
                signature: "c2WLPFtWHVgbEmeEG93a4cG37dM="
            ), "johnsmith"
        ),
        (
            head(
                .put,
                "/db-backup.dat.gz",
                [
                    ("host", "static.johnsmith.net:8080"),
                    ("date", "Tue, 27 Mar 2007 21:06:08 +0000"), ("x-amz-acl", "public-read"),
                    ("content-type", "application/x-download"),
                    ("content-md5", "4gJE4saaMU4BqNR0kLY+lw=="),
                    ("X-Amz-Meta-ReviewedBy", "joe@johnsmith.net"),
                    ("X-Amz-Meta-ReviewedBy", "jane@johnsmith.net"),
                    ("X-Amz-Meta-FileChecksum", "0x02661779"),
                    ("X-Amz-Meta-ChecksumAlgorithm", "crc32"),
                    ("content-disposition", "attachment; filename=database.dat"),
                ],
                signature: "ilyl83RwaSoYIEdixDQcA4OnAnc="
            ), "static.johnsmith.net"
        ),
        (
            head(
                .get,
                "/photos/puppy.jpg?AWSAccessKeyId=\(id)&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D"
                    + "&Expires=1175139620"
            ), "johnsmith"
        ),
    ]

    @Test("accepts the published examples, and none for another bucket, time or secret")
    func published() {
        for (head, bucket) in Self.published {
            let isQuery = head.fields["authorization"] == nil
            let time =
                isQuery
                ? Self.now
                : (try? SigV4Authorization.time(head.fields)) ?? Timestamp(seconds: 0)
            #expect(Self.error(head, hostBucket: bucket, now: time) == nil, "\(head.target)")
            #expect(Self.error(head, hostBucket: "other", now: time) == .signatureMismatch)
            #expect(Self.error(head, now: time) == .signatureMismatch)
            #expect(
                Self.error(head, hostBucket: bucket, secret: [1], now: time) == .signatureMismatch
            )
            let late = Timestamp(milliseconds: time.milliseconds + 2 * 86_400_000)
            #expect(Self.error(head, hostBucket: bucket, now: late) != nil)
        }
    }

    @Test("covers x-amz- headers, type, MD5, date and sub-resources")
    func covers() throws {
        let head = Self.head(
            .put,
            "/b/k%20a?uploadId=a%2Bb&partNumber=1&x-id=UploadPart",
            [
                ("content-type", " text/x "), ("content-md5", "m"), ("date", "d"),
                ("x-amz-b", "2 "), ("X-Amz-A", "1"), ("x-amz-b", " 3"), ("cache-control", "c"),
            ]
        )
        let text = try StringToSignV2.bytes(head, date: Array("d".utf8), resource: "/b/k%20a")
        #expect(
            String(decoding: text, as: UTF8.self)
                == "PUT\nm\ntext/x\nd\nx-amz-a:1\nx-amz-b:2,3\n/b/k%20a?partNumber=1&uploadId=a+b"
        )
    }

    @Test("refuses parameters that it doesn't cover, twice over, or that read like two")
    func parameters() {
        for (query, name) in [
            ("encryption", "encryption"), ("attributes", "attributes"), ("acl&acl", "acl"),
            ("versionId=a&versionId=b", "versionId"), ("x-amz-acl=private", "x-amz-acl"),
            ("response-content-type=a%26versionId%3Db", "response-content-type"),
            ("response-content-type=a%26acl", "response-content-type"), ("ACL", "ACL"),
        ] {
            let head = Self.head(.get, "/b/k?\(query)", Self.date, signature: Self.any)
            #expect(Self.error(head) == .queryUnsigned(name), "\(query)")
        }
        for query in ["prefix=a&list-type=2", "response-content-type=a%26b", "uploads=", "%61cl"] {
            let head = Self.head(.get, "/b/k?\(query)", Self.date, signature: Self.any)
            #expect(Self.error(head) == .signatureMismatch, "\(query)")
        }
        let malformed = Self.head(.get, "/b/k?acl=%2", Self.date, signature: Self.any)
        #expect(Self.error(malformed) == .targetMalformed)
    }

    @Test("takes a bucket's path signed with a slash behind it, and no object's")
    func bucketPaths() {
        for (target, hostBucket, expected) in [
            ("/b?acl", nil, ["/b", "/b/"]), ("/b/?acl", nil, ["/b/"]), ("/b/k", nil, ["/b/k"]),
            ("/", nil, ["/"]), ("/k", "b", ["/b/k"]), ("/?acl", "b", ["/b/"]),
        ] as [(String, String?, [String])] {
            #expect(StringToSignV2.resources(of: target, hostBucket: hostBucket) == expected)
        }
    }

    private static let any = "AAAAAAAAAAAAAAAAAAAAAAAAAAA="

    @Test("refuses what is malformed or missing")
    func malformed() {
        func header(_ value: String, _ fields: [(String, String)] = Self.date) -> SigV4Error? {
            Self.error(Self.head(.get, "/b/k", fields + [("authorization", value)]))
        }
        #expect(header("AWS") == .componentMalformed(.header, .credential))
        #expect(header("AWS :\(Self.any)") == .componentMalformed(.header, .credential))
        #expect(header("AWS \(Self.id):") == .componentMalformed(.header, .signature))
        #expect(header("AWS \(Self.id):AAAA") == .componentMalformed(.header, .signature))
        #expect(header("AWS \(Self.id):\(Self.any)", []) == .dateMissing)
        #expect(header("AWS \(Self.id):\(Self.any)", [("date", "now")]) == .dateMalformed)
        #expect(header("AWS  \(Self.id):\(Self.any) ") == .signatureMismatch)
        func query(_ text: String) -> SigV4Error? { Self.error(Self.head(.get, "/b/k?" + text)) }
        let all = [
            "AWSAccessKeyId=\(Self.id)", "Signature=\(Self.any)", "Expires=1175139620",
        ]
        #expect(query(all.joined(separator: "&")) == .signatureMismatch)
        for (position, component) in [SigV4Component.credential, .signature, .expires].enumerated()
        {
            var some = all
            some.remove(at: position)
            #expect(query(some.joined(separator: "&")) == .componentMissing(.query, component))
            let twice = (all + [all[position]]).joined(separator: "&")
            #expect(query(twice) == .componentRepeated(.query, component))
        }
        for expires in ["", "-1", "1e9", "999999999999", "0x1"] {
            let text = all[0] + "&" + all[1] + "&Expires=" + expires
            #expect(query(text) == .componentMalformed(.query, .expires), "\(expires)")
        }
        #expect(
            query(all[0] + "&" + all[1] + "&Expires=1175020000")
                == .requestExpired(
                    expires: Timestamp(seconds: 1_175_020_000),
                    serverTime: Self.now,
                    expiresSeconds: nil
                )
        )
    }

    @Test("verifies the policy of a form")
    func forms() throws {
        let fields = [
            ("AWSAccessKeyId", Self.id), ("policy", "eyJ9"),
            ("signature", "axRRl633e5ijK4Xzu7QtoyFlcds="),
        ]
        func error(_ fields: [(String, String)]) -> SigV4Error? {
            do throws(SigV4Error) {
                let form = try SignatureV2(form: HTTPFields(fields))
                _ = try form.verify(secret: Self.secret.span, now: Self.now)
                return nil
            } catch {
                return error
            }
        }
        #expect(error(fields) == nil)
        for (position, component) in [SigV4Component.credential, .policy, .signature].enumerated() {
            var some = fields
            some.remove(at: position)
            #expect(error(some) == .componentMissing(.form, component))
            #expect(error(fields + [fields[position]]) == .componentRepeated(.form, component))
        }
        var other = fields
        other[1].1 = "e30="
        #expect(error(other) == .signatureMismatch)
        #expect(error(fields + [("x-amz-signature", "x")]) == .authorizationAmbiguous)
    }
}
