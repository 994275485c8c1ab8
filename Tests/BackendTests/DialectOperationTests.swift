import HTTPWire
import S3Wire
import Testing

@testable import Backend

@Suite struct DialectOperationTests {
    private func operation(_ method: HTTPMethod, _ target: String) throws -> DialectOperation {
        try DialectOperation(method, S3Target(target: target, authority: "store"))
    }

    @Test func `every row of the dialect is its operation`() throws {
        let table: [(HTTPMethod, String, DialectOperation)] = [
            (.get, "/", .listBuckets),
            (.get, "/?sealgate-capabilities", .getCapabilities),
            (.get, "/?sealgate-metrics", .getMetrics),
            (.put, "/b", .createBucket),
            (.head, "/b", .headBucket),
            (.delete, "/b", .deleteBucket),
            (.get, "/b?list-type=2", .listObjects),
            (.get, "/b?uploads", .listUploads),
            (.post, "/b?delete", .deleteObjects),
            (.put, "/b/k", .putObject),
            (.get, "/b/k", .getObject),
            (.get, "/b/k?sealgate-table", .getTable),
            (.head, "/b/k", .headObject),
            (.put, "/b/k?sealgate-copy", .copyObject),
            (.put, "/b/k?sealgate-metadata", .replaceMetadata),
            (.delete, "/b/k", .deleteObject),
            (.post, "/b/k?uploads", .createUpload),
            (.put, "/b/k?partNumber=1&uploadId=u", .uploadPart),
            (.get, "/b/k?uploadId=u", .listParts),
            (.post, "/b/k?uploadId=u", .completeUpload),
            (.delete, "/b/k?uploadId=u", .abortUpload),
        ]
        for (method, target, expected) in table {
            #expect(try operation(method, target) == expected, "\(method.name) \(target)")
        }
    }

    @Test func `what the dialect doesn't have is refused`() {
        for (method, target) in [
            (HTTPMethod.get, "/b"), (.post, "/b"), (.post, "/b/k"), (.put, "/"),
            (.options, "/b"), (.other("PATCH"), "/b/k"),
        ] {
            #expect(throws: S3Error.self, "\(method.name) \(target)") {
                try operation(method, target)
            }
        }
    }

    @Test(arguments: [
        "/B", "/a%2Fb/k", "/b%00", "/caf%C3%A9", "/" + String(repeating: "b", count: 256),
    ])
    func `a bucket's name that could harm is refused`(target: String) {
        #expect(throws: S3Error(.invalidBucketName)) { try operation(.put, target) }
    }

    @Test func `a key of 1,024 bytes is taken, one more isn't, nor a NUL`() throws {
        let longest = String(repeating: "k", count: 1024)
        #expect(try operation(.put, "/b/" + longest) == .putObject)
        #expect(throws: S3Error(.keyTooLong)) { try operation(.put, "/b/k" + longest) }
        #expect(throws: S3Error.self) { try operation(.put, "/b/a%00b") }
    }

    @Test func `every refusal of the store has its status`() {
        let table: [(StoreError, Int, S3ErrorCode)] = [
            (.bucketExists, 409, .bucketAlreadyOwnedByYou),
            (.bucketNotEmpty, 409, .bucketNotEmpty),
            (.bucketNotFound, 404, .noSuchBucket),
            (.bucketReserved, 405, .methodNotAllowed),
            (.diskFull, 507, .insufficientStorage),
            (.diskReadOnly, 503, .readOnlyStorage),
            (.roomReserved(free: 1), 507, .insufficientStorage),
            (.diskRefused("x"), 503, .serviceUnavailable),
            (.fileNotFound, 500, .internalError),
            (.keyNotFound, 404, .noSuchKey),
            (.linkRefused, 501, .notImplemented),
            (.partInvalid(number: 1), 400, .invalidPart),
            (.preconditionFailed, 412, .preconditionFailed),
            (.queueFull, 503, .slowDown),
            (.sourceChanged, 409, .conditionalRequestConflict),
            (.stopping, 503, .serviceUnavailable),
            (.uploadNotFound, 404, .noSuchUpload),
        ]
        for (error, status, code) in table {
            #expect(S3Error(store: error).status == status)
            #expect(S3Error(store: error).code == code)
        }
    }
}
