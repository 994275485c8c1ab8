import Crypto
import Encoding
import HTTPWire
import S3Wire

/// The dialect spoken for an engine that knows plain S3: one request of the gateway's becomes the
/// several of the engine's that come to the same.
///
/// Which ones follows from what the engine can do, never from which it is.
struct EngineTranslation: Sendable {
    /// How many requests of one translation are under way at a time.
    static let concurrencyMax = 16

    let client: StoreClient

    init(_ client: StoreClient) { self.client = client }

    var form: StoreForm { client.form }

    /// Whether a request is understood as it is, but for names and signature.
    static func isAlone(_ request: StoreRequest, _ form: StoreForm) -> Bool {
        kind(request, form) == .alone
    }

    /// Answers a request of the dialect.
    ///
    /// - Throws: `StoreError`; refusals are the engine's answers, or those of the dialect.
    func send(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        switch Self.kind(request, form) {
        case .alone: try await client.sendAlone(request)
        case .abort: try await abort(request)
        case .complete: try await complete(request)
        case .createBucket: try await createBucket(request)
        case .createUpload: try await createUpload(request)
        case .deleteBucket: try await deleteBucket(request)
        case .deleteObjects: try await deleteObjects(request)
        case .listBuckets: try await listBuckets(request)
        case .listObjects: try await listObjects(request)
        case .listParts: try await listParts(request)
        case .listUploads: try await listUploads(request)
        }
    }

    private enum Kind {
        case abort, alone, complete, createBucket, createUpload, deleteBucket, deleteObjects
        case listBuckets, listObjects, listParts, listUploads
    }

    private static func kind(_ request: StoreRequest, _ form: StoreForm) -> Kind {
        guard !form.isDialect else { return .alone }
        let method = request.head.method
        let query = request.query
        if request.bucket.isEmpty {
            return method == .get && query.isEmpty ? .listBuckets : .alone
        }
        guard request.key == nil else {
            return kindOfObject(method, query, form)
        }
        switch method {
        case .put where query.isEmpty: return .createBucket
        case .delete where query.isEmpty: return .deleteBucket
        case .post where query == "delete": return .deleteObjects
        case .get where query.hasPrefix("list-type=2"): return .listObjects
        case .get where query.hasPrefix("uploads"): return .listUploads
        default: return .alone
        }
    }

    private static func kindOfObject(
        _ method: HTTPMethod,
        _ query: String,
        _ form: StoreForm
    ) -> Kind {
        guard !form.can([.partAttributes, .completeMetadata]) else { return .alone }
        switch method {
        case .post where query == "uploads": return .createUpload
        case .post where query.hasPrefix("uploadId="): return .complete
        case .get where query.hasPrefix("uploadId="): return .listParts
        case .delete where query.hasPrefix("uploadId="): return .abort
        default: return .alone
        }
    }

    // MARK: Buckets

    private func listBuckets(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        var reply = try await client.sendAlone(request)
        guard reply.isSuccess else { return reply }
        var listing: BucketListing = try Self.parse(reply)
        listing.buckets.removeAll { $0.name == form.reservedBucket }
        listing.buckets.sort { $0.name < $1.name }
        reply.body = listing.xml
        return reply
    }

    private func createBucket(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        guard form.region != "us-east-1" else { return try await client.sendAlone(request) }
        var writer = XMLWriter(capacity: 256)
        writer.openRoot("CreateBucketConfiguration")
        writer.element("LocationConstraint", form.region)
        writer.close("CreateBucketConfiguration")
        return try await client.sendAlone(
            StoreRequest(.put, bucket: request.bucket, body: writer.bytes)
        )
    }

    /// There are engines that delete a bucket with all that is in it.
    private func deleteBucket(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        let reply = try await client.sendAlone(
            StoreRequest(.get, bucket: request.bucket, query: "list-type=2&max-keys=1")
        )
        guard reply.isSuccess else { return reply }
        let listing: ObjectListing = try Self.parse(reply)
        guard listing.keyCount == 0 else { return Self.refusal(409, .bucketNotEmpty) }
        return try await client.sendAlone(request)
    }

    private func deleteObjects(_ request: StoreRequest) async throws(StoreError) -> StoreReply {
        guard var deletion = try? DeletionRequest(xml: request.body) else {
            throw .answerInvalid("a list of keys that can't be read")
        }
        for index in deletion.objects.indices {
            deletion.objects[index].key = EngineNames.name(ofKey: deletion.objects[index].key)
        }
        var reply = try await client.sendAlone(
            StoreRequest(
                .post,
                bucket: request.bucket,
                query: "delete",
                fields: HTTPFields([
                    ("content-md5", Base64.encode(HashFunction.md5.digest(deletion.xml)))
                ]),
                body: deletion.xml
            )
        )
        guard reply.isSuccess else { return reply }
        var result: DeletionResult = try Self.parse(reply)
        for index in result.deleted.indices {
            let name = result.deleted[index].key
            result.deleted[index].key = EngineNames.key(ofName: name) ?? name
        }
        for index in result.failures.indices {
            let name = result.failures[index].key
            result.failures[index].key = EngineNames.key(ofName: name) ?? name
        }
        reply.body = result.xml
        return reply
    }

    // MARK: Documents

    static func parse<Document: XMLReadable>(
        _ reply: StoreReply
    ) throws(StoreError) -> Document {
        var limits = XMLReader.Limits()
        limits.bytesMax = StoreExchange.bodyBytesMax
        do throws(XMLError) {
            return try Document(xml: reply.body, limits: limits)
        } catch {
            throw .answerInvalid("a document that can't be read: \(error)")
        }
    }

    /// The dialect's refusal.
    static func refusal(_ status: Int, _ code: S3ErrorCode) -> StoreReply {
        var writer = XMLWriter(capacity: 128)
        writer.open("Error")
        writer.element("Code", code.rawValue)
        writer.element("Message", "")
        writer.close("Error")
        return StoreReply(status: status, fields: HTTPFields(), body: writer.bytes)
    }
}

extension Array where Element: Sendable {
    /// What `work` gives for each element, in order, so many under way at a time.
    func mapConcurrently<Value: Sendable>(
        limit: Int,
        _ work: @escaping @Sendable (Element) async -> Value
    ) async -> [Value] {
        await withTaskGroup(of: (Int, Value).self) { group in
            var values = [Value?](repeating: nil, count: count)
            var started = 0
            for element in prefix(limit) {
                let index = started
                group.addTask { (index, await work(element)) }
                started += 1
            }
            while let (index, value) = await group.next() {
                values[index] = value
                guard started < count else { continue }
                let (next, element) = (started, self[started])
                group.addTask { (next, await work(element)) }
                started += 1
            }
            return values.compactMap { $0 }
        }
    }
}
