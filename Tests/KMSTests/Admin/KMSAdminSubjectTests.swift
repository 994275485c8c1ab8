import HTTPWire
import Testing

@testable import KMS

@Suite("What a request of the admin API asks for")
struct KMSAdminSubjectTests {
    @Test(
        "the action and the key that it names",
        arguments: [
            (HTTPMethod.post, "/keys", "{\"KeyId\":\"a\"}", KMSAdminSubject.Action.createKey, "a"),
            (.post, "/keys", "{}", .createKey, nil),
            (.get, "/keys", "", .listKeys, nil),
            (.get, "/keys/a/b", "", .describeKey, "a/b"),
            (.delete, "/keys/delete", "{\"key_id\":\"a\"}", .scheduleKeyDeletion, "a"),
            (.post, "/keys/rotate", "{\"key_id\":\"a\",\"KeyId\":\"b\"}", .rotateKey, "a"),
            (.post, "/generate-data-key", "{\"key_id\":\"a\"}", .generateDataKey, "a"),
            (.get, "/service-status", "", .getStatus, nil), (.get, "/rewrap/1", "", .getUsage, nil),
            (.post, "/reconfigure", "{\"key_id\":1}", .configureService, nil),
            (.post, "/stop", "not JSON", .configureService, nil),
        ] as [(HTTPMethod, String, String, KMSAdminSubject.Action, String?)]
    )
    func subject(
        method: HTTPMethod,
        path: String,
        body: String,
        action: KMSAdminSubject.Action,
        keyID: String?
    ) throws {
        let subject = KMSAdminSubject(method, path: path, body: Array(body.utf8))
        #expect(subject?.action == action)
        #expect(subject?.keyID == keyID)
    }

    @Test("is nothing for what the API doesn't have")
    func unknown() {
        for (method, path) in [
            (HTTPMethod.get, "/nothing"), (.put, "/keys"), (.post, "/keys/delete"),
            (.delete, "/keys/a"), (.post, "/status"),
        ] {
            #expect(KMSAdminSubject(method, path: path, body: []) == nil)
        }
    }
}
