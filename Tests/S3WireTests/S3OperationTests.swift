import HTTPWire
import S3Wire
import Testing

@Suite struct S3OperationTests {
    private func operation(
        _ method: String,
        _ target: String,
        _ fields: [(String, String)] = [],
        isDialect: Bool = false
    ) throws(S3Error) -> S3Operation {
        try S3Operation.of(
            method: HTTPMethod(method),
            target: S3Target(target: target, authority: "h"),
            fields: HTTPFields(fields),
            isDialect: isDialect
        )
    }

    private func code(_ method: String, _ target: String) -> S3ErrorCode? {
        do throws(S3Error) {
            _ = try operation(method, target)
            return nil
        } catch { return error.code }
    }

    @Test(
        "chooses by method, path and query",
        arguments: [
            ("GET", "/", .listBuckets), ("GET", "/?x-id=ListBuckets", .listBuckets),
            ("PUT", "/b", .createBucket), ("PUT", "/b/", .createBucket),
            ("HEAD", "/b/", .headBucket), ("DELETE", "/b", .deleteBucket),
            ("GET", "/b", .listObjects), ("GET", "/b?prefix&delimiter=", .listObjects),
            ("GET", "/b?list-type=2&prefix=", .listObjectsV2), ("POST", "/b", .postObject),
            ("POST", "/b?delete", .deleteObjects), ("POST", "/b?delete=", .deleteObjects),
            ("GET", "/b?uploads=&prefix=a", .listMultipartUploads),
            ("GET", "/b/?location=", .getBucketLocation),
            ("GET", "/b?versions", .listObjectVersions),
            ("PUT", "/b?encryption", .putBucketEncryption),
            ("PUT", "/b/k?encryption", .updateObjectEncryption),
            ("GET", "/b?analytics", .listBucketAnalyticsConfigurations),
            ("GET", "/b?analytics&id=1", .getBucketAnalyticsConfiguration),
            ("GET", "/b/k", .getObject), ("GET", "/b/k?partNumber=1&versionId=x", .getObject),
            ("GET", "/b/k?response-content-type=a&x-id=GetObject", .getObject),
            ("GET", "/b/k?cache=1", .getObject), ("HEAD", "/b/k", .headObject),
            ("PUT", "/b/k?x-id=PutObject", .putObject), ("DELETE", "/b/k", .deleteObject),
            ("POST", "/b/k?uploads=", .createMultipartUpload),
            ("PUT", "/b/k?partNumber=1&uploadId=u", .uploadPart),
            ("POST", "/b/k?uploadId=u", .completeMultipartUpload),
            ("DELETE", "/b/k?uploadId=u", .abortMultipartUpload),
            ("GET", "/b/k?uploadId=u&max-parts=2", .listParts),
            ("GET", "/b/k?acl", .getObjectAcl), ("GET", "/b/k?tagging", .getObjectTagging),
            ("POST", "/b/k?restore", .restoreObject),
            ("POST", "/b/k?select&select-type=2", .selectObjectContent),
            ("GET", "/b/k?torrent", .getObjectTorrent), ("OPTIONS", "/b/k", .preflightRequest),
            (
                "GET",
                "/b/k?X-Amz-Algorithm=a&X-Amz-Signature=b&X-Amz-Expires=1&X-Amz-Date=c", .getObject
            ),
            ("PUT", "/b/k?AWSAccessKeyId=a&Signature=b&Expires=1", .putObject),
        ] as [(String, String, S3Operation)]
    )
    func routes(method: String, target: String, expected: S3Operation) throws {
        #expect(try operation(method, target) == expected)
    }

    @Test("a copy source makes a copy")
    func copies() throws {
        let source = [("x-amz-copy-source", "/b/k")]
        #expect(try operation("PUT", "/b/k", source) == .copyObject)
        #expect(try operation("PUT", "/b/k?partNumber=1&uploadId=u", source) == .uploadPartCopy)
    }

    @Test(
        "what isn't known is never a listing, a read or a write",
        arguments: [
            ("GET", "/b?unknown"), ("GET", "/b?unknown="), ("GET", "/b/k?unknown"),
            ("HEAD", "/b/k?unknown"), ("PUT", "/b?unknown"), ("PUT", "/b/k?unknown=1"),
            ("DELETE", "/b/k?unknown"), ("DELETE", "/b?unknown=1"), ("POST", "/b?unknown"),
            ("GET", "/?unknown"), ("GET", "/b?torrent"), ("GET", "/b/k?policy"),
            ("DELETE", "/b/k?policy=1"), ("GET", "/b/k?location=1"), ("PUT", "/b/k?append=1"),
            ("GET", "/?sealgate-capabilities"), ("GET", "/b/k?sealgate-table"),
            ("PUT", "/b/k?sealgate-metadata"), ("GET", "/b?sealgate-x=1"),
        ]
    )
    func unknown(method: String, target: String) {
        #expect(code(method, target) == .notImplemented)
    }

    @Test(
        "methods that a resource doesn't have are refused",
        arguments: [
            ("PUT", "/"), ("POST", "/"), ("DELETE", "/"), ("HEAD", "/"), ("POST", "/b/k"),
            ("PATCH", "/b/k"), ("GET", "/b?delete"), ("HEAD", "/b?uploads"), ("HEAD", "/b/k?acl"),
            ("DELETE", "/b/k?acl"), ("PUT", "/b?location"),
        ]
    )
    func methods(method: String, target: String) {
        #expect(code(method, target) == .methodNotAllowed)
    }

    @Test("requests that contradict themselves are refused")
    func contradictions() {
        #expect(code("GET", "/b?acl&cors") == .invalidArgument)
        #expect(code("PUT", "/b/k?partNumber=1") == .invalidArgument)
        #expect(code("PUT", "/b/k?uploadId=u") == .invalidArgument)
        #expect(code("GET", "/b?list-type=3") == .invalidArgument)
    }

    @Test("headers of encryption and copying don't count in the query")
    func hoisted() {
        #expect(code("PUT", "/b/k?X-Amz-Server-Side-Encryption=aws:kms") == .invalidRequest)
        #expect(code("PUT", "/b/k?x-amz-copy-source=/b/c") == .invalidRequest)
    }

    @Test("appending is not offered")
    func appending() {
        #expect(throws: S3Error.notImplemented(header: "x-amz-write-offset-bytes")) {
            try operation("PUT", "/b/k", [("x-amz-write-offset-bytes", "1")])
        }
    }

    @Test("the dialect has three operations of its own")
    func dialect() throws {
        #expect(
            try operation("GET", "/?sealgate-capabilities", isDialect: true) == .readCapabilities
        )
        #expect(try operation("GET", "/b/k?sealgate-table", isDialect: true) == .readPartTable)
        #expect(
            try operation("PUT", "/b/k?sealgate-metadata", isDialect: true) == .replaceMetadata
        )
        #expect(try operation("PUT", "/.sealgate/name", isDialect: true) == .putObject)
    }

    @Test("every probe has the answer that clients understand")
    func fixedAnswers() {
        func code(_ operation: S3Operation) -> S3ErrorCode? {
            guard case .error(let error) = FixedAnswer.of(operation) else { return nil }
            return error.code
        }
        #expect(code(.getBucketOwnershipControls) == .ownershipControlsNotFound)
        #expect(code(.getPublicAccessBlock) == .noSuchPublicAccessBlockConfiguration)
        #expect(code(.getBucketLifecycleConfiguration) == .noSuchLifecycleConfiguration)
        #expect(code(.getBucketTagging) == .noSuchTagSet)
        #expect(code(.getObjectLockConfiguration) == .objectLockConfigurationNotFound)
        #expect(code(.getBucketReplication) == .replicationConfigurationNotFound)
        #expect(code(.getBucketWebsite) == .noSuchWebsiteConfiguration)
        func text(_ operation: S3Operation) -> String {
            guard case .document(let xml) = FixedAnswer.of(operation) else { return "" }
            return String(decoding: xml, as: UTF8.self)
        }
        #expect(text(.getBucketRequestPayment).contains("<Payer>BucketOwner</Payer>"))
        #expect(text(.getBucketVersioning).hasSuffix("></VersioningConfiguration>"))
        #expect(text(.getBucketLogging).hasSuffix("></BucketLoggingStatus>"))
        #expect(
            text(.getBucketNotificationConfiguration).hasSuffix("></NotificationConfiguration>")
        )
        #expect(text(.getBucketAccelerateConfiguration).hasSuffix("></AccelerateConfiguration>"))
        #expect(FixedAnswer.of(.deleteBucketTagging) == .status(204))
        #expect(FixedAnswer.of(.getObject) == nil)
    }
}
