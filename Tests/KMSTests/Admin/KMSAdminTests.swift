import Encoding
import HTTPWire
import Testing

@testable import KMS

struct KMSAdminTests {
    private let fixture: RingFixture
    private let admin: KMSAdmin

    init() async throws {
        var fixture = try await RingFixture()
        fixture.settings.tryCountMax = 1
        self.fixture = fixture
        admin = KMSAdmin(ring: try await fixture.started())
    }

    private func ask(
        _ method: HTTPMethod,
        _ path: String,
        _ body: String = "",
        query: [(name: String, value: String)] = []
    ) async throws -> (status: Int, value: JSONValue) {
        let answer = await admin.handle(method, path: path, query: query, body: Array(body.utf8))
        guard !answer.body.isEmpty else { return (answer.status, nil) }
        return (answer.status, try JSONValue(reading: answer.body))
    }

    @Test("serves both prefixes and nothing else")
    func route() {
        #expect(KMSAdmin.route("/kms/keys") == "/keys")
        #expect(KMSAdmin.route("/rustfs/admin/v3/kms/keys/a") == "/keys/a")
        #expect(KMSAdmin.route("/kmsx/keys") == nil)
        #expect(KMSAdmin.route("/kms") == nil)
    }

    @Test("creates a key and describes it")
    func create() async throws {
        let made = try await ask(
            .post,
            "/keys",
            #"{"KeyUsage":"ENCRYPT_DECRYPT","KeyId":"k1","Description":"d","Tags":{"a":"b"}}"#
        )
        #expect(made.status == 200)
        #expect(made.value["key_id"] == "k1")
        let expected: JSONValue = [
            "key_id": "k1", "description": "d", "enabled": true, "key_usage": "ENCRYPT_DECRYPT",
            "creation_date": "2023-11-14T22:13:20.000Z", "rotation_enabled": false,
            "deletion_date": nil, "key_state": "Enabled", "current_version": 1,
            "tags": ["a": "b"],
        ]
        #expect(made.value["key_metadata"] == expected)
        let described = try await ask(.get, "/keys/k1")
        #expect(described.status == 200)
        #expect(described.value == ["key_metadata": expected])
        let again = try await ask(.post, "/keys", #"{"KeyId":"k1"}"#)
        #expect(again.status == 409)
        #expect(again.value["code"] == "Conflict")
    }

    @Test(
        "refuses what it doesn't understand",
        arguments: [
            "[]", "{", #"{"KeyUsage":"SIGN_VERIFY"}"#, #"{"KeyId":"a b"}"#, #"{"KeyId":1}"#,
            #"{"Tags":[]}"#, #"{"Tags":{"a":1}}"#, #"{"Surprise":1}"#,
        ]
    )
    func refuse(body: String) async throws {
        let answer = try await ask(.post, "/keys", body)
        #expect(answer.status == 400)
        #expect(answer.value["code"] == "InvalidRequest")
        #expect(answer.value["message"]?.string?.isEmpty == false)
    }

    @Test("lists page by page")
    func list() async throws {
        for name in ["a", "b"] { _ = try await ask(.post, "/keys", #"{"KeyId":"\#(name)"}"#) }
        let first = try await ask(.get, "/keys", query: [("limit", "2")])
        #expect(
            first.value == [
                "keys": [
                    ["key_id": "a", "description": ""], ["key_id": "b", "description": ""],
                ],
                "truncated": true, "next_marker": "b", "unreadable_key_ids": [],
            ]
        )
        let second = try await ask(.get, "/keys", query: [("limit", "2"), ("marker", "b")])
        #expect(second.value["keys"] == [["key_id": "default", "description": ""]])
        #expect(second.value["truncated"] == false)
        #expect(second.value["next_marker"] == .some(.null))
    }

    @Test(
        "refuses limits that are malformed",
        arguments: ["", "0", "1001", "-1", "+5", "1.0", "x"]
    )
    func limit(text: String) async throws {
        #expect(try await ask(.get, "/keys", query: [("limit", text)]).status == 400)
    }

    @Test("says 404 for a key that isn't there, with the remedy")
    func missing() async throws {
        let answer = try await ask(.get, "/keys/none")
        #expect(answer.status == 404)
        #expect(
            answer.value == [
                "code": "NotFound",
                "message": "no key named none; GET /kms/keys lists the keys there are",
            ]
        )
    }

    @Test("disables a key and drops what it wraps from memory")
    func disable() async throws {
        _ = try await admin.ring.write("demo", fixture)
        #expect(admin.ring.statistics(now: fixture.clock.now).entryCount == 1)
        let answer = try await ask(.post, "/keys/disable", #"{"key_id":"default"}"#)
        #expect(answer.value["key_metadata"]?["key_state"] == "Disabled")
        #expect(answer.value["key_metadata"]?["enabled"] == false)
        #expect(admin.ring.statistics(now: fixture.clock.now).entryCount == 0)
        let enabled = try await ask(.post, "/keys/enable", #"{"key_id":"default"}"#)
        #expect(enabled.value["key_metadata"]?["key_state"] == "Enabled")
    }

    @Test("rotates, describes and labels")
    func change() async throws {
        let rotated = try await ask(.post, "/keys/rotate", #"{"key_id":"default"}"#)
        #expect(rotated.value["key_metadata"]?["current_version"] == 2)
        _ = try await ask(.post, "/keys/tag", #"{"key_id":"default","tags":{"a":"1","b":"2"}}"#)
        let untagged = try await ask(
            .post,
            "/keys/untag",
            #"{"key_id":"default","tag_keys":["a"]}"#
        )
        #expect(untagged.value["key_metadata"]?["tags"] == ["b": "2"])
        let described = try await ask(
            .post,
            "/keys/update-description",
            #"{"key_id":"default","description":"new"}"#
        )
        #expect(described.value["key_metadata"]?["description"] == "new")
        #expect(try await ask(.post, "/keys/enable", "{}").status == 400)
        #expect(try await ask(.post, "/keys/tag", #"{"key_id":"default"}"#).status == 400)
        #expect(try await ask(.post, "/keys/enable", #"{"key_id":"x"}"#).status == 404)
    }

    @Test("deletes a key only by force, within 7 to 30 days, and takes it back")
    func deletion() async throws {
        _ = try await admin.ring.write("demo", fixture)
        let refused = try await ask(.delete, "/keys/delete", #"{"key_id":"default"}"#)
        #expect(refused.status == 409)
        let message = refused.value["message"]?.string ?? ""
        #expect(message.hasPrefix("1 bucket keys and 1 attribute keys"))
        for days in ["6", "31", "null", "\"7\""] {
            let body = #"{"key_id":"default","force":true,"pending_window_in_days":\#(days)}"#
            #expect(try await ask(.delete, "/keys/delete", body).status == 400)
        }
        let body = #"{"key_id":"default","force":true,"pending_window_in_days":7}"#
        let deleted = try await ask(.delete, "/keys/delete", body).value["key_metadata"]
        #expect(deleted?["key_state"] == "PendingDeletion")
        #expect(deleted?["deletion_date"] == "2023-11-21T22:13:20.000Z")
        #expect(admin.ring.statistics(now: fixture.clock.now).entryCount == 0)
        let kept = try await ask(.post, "/keys/cancel-deletion", #"{"key_id":"default"}"#)
        #expect(kept.value["key_metadata"]?["key_state"] == "Disabled")
    }

    @Test("gives out a data key that opens in its own context")
    func dataKey() async throws {
        let body =
            #"{"key_id":"default","key_spec":"AES_256","encryption_context":{"a":"b"}}"#
        let made = try await ask(.post, "/generate-data-key", body).value
        let wrapped = Base64.decode(made["ciphertext_blob"]?.string ?? "") ?? []
        let key = try await fixture.provider.decrypt(
            wrapped,
            under: fixture.keyID,
            context: EncryptionContext([("a", "b")])
        )
        let text = key.withSpan { key in Base64.encode(key.indices.map { key[$0] }) }
        #expect(made["plaintext_key"] == .string(text))
        for wrong in [
            #"{"key_spec":"AES_256"}"#, #"{"key_id":"default","key_spec":"RSA"}"#,
            #"{"key_id":"default","encryption_context":{"a":1}}"#,
        ] {
            #expect(try await ask(.post, "/generate-data-key", wrong).status == 400)
        }
    }

    @Test("tells the status, healthy while a key can be wrapped and unwrapped")
    func status() async throws {
        _ = try await admin.ring.write("demo", fixture)
        for path in ["/status", "/service-status"] {
            let value = try await ask(.get, path).value
            #expect(value["status"] == "Running")
            #expect(value["healthy"] == true)
            #expect(value["backend_type"] == "local")
            #expect(value["config_summary"]?["default_key_id"] == "default")
            #expect(value["config_summary"]?["cache_summary"]?["max_keys"] == 1024)
            #expect(value["cache"]?["entries"] == 1)
            #expect(value["reads_survive_outage_seconds"] == 3600)
            #expect(value["last_error"] == .some(.null))
        }
        fixture.provider.isDown = true
        let value = try await ask(.get, "/status").value
        #expect(value["status"] == "Error")
        #expect(value["healthy"] == false)
        #expect(value["last_error"] == "the KMS can't be reached: down")
    }

    @Test("stops, starts and clears")
    func service() async throws {
        _ = try await admin.ring.write("demo", fixture)
        #expect(try await ask(.post, "/clear-cache").status == 204)
        #expect(admin.ring.statistics(now: fixture.clock.now).entryCount == 0)
        #expect(try await ask(.post, "/stop").value["status"] == "Configured")
        #expect(try await ask(.get, "/status").value["status"] == "Configured")
        #expect(try await ask(.post, "/start").value["status"] == "Running")
        #expect(try await ask(.get, "/status").value["healthy"] == true)
    }

    @Test("shows the configuration")
    func config() async throws {
        let value = try await ask(.get, "/config").value
        #expect(
            value == [
                "backend": "local", "cache_enabled": true, "cache_max_keys": 1024,
                "cache_ttl_seconds": 600, "default_key_id": "default",
            ]
        )
    }

    @Test(
        "says 501 for what it doesn't do",
        arguments: ["/configure", "/reconfigure", "/rewrap"]
    )
    func notImplemented(path: String) async throws {
        let answer = try await ask(.post, path, "{}")
        #expect(answer.status == 501)
        #expect(answer.value["code"] == "NotImplemented")
    }

    @Test("says 404 for what isn't there")
    func unknown() async throws {
        #expect(try await ask(.post, "/nothing").status == 404)
        #expect(try await ask(.put, "/keys").status == 404)
    }
}
