import Encoding
import HTTPWire
import S3Wire

/// A request whose body was collected and verified: what control work is given.
struct ControlRequest: Sendable {
    var operation: S3Operation
    var target: S3Target
    var fields: HTTPFields
    var authority: String
    var body: [UInt8]
    var transport: SSETransport
    /// Those of the bucket.
    var settings: BucketSettings
    var access: RequestAccess
    /// In the bucket of a copy's source.
    var sourceAccess: RequestAccess
    var owner: Owner
    var services: GatewayServices
    var store: StoreClient
    /// What it used of KMS keys so far, for the audit stream.
    let uses = KeyUses()

    var bucket: String { target.bucket ?? "" }
    var key: String { target.key ?? "" }
    var query: S3Query { target.query }

    /// The version that the request names; `nil` where it means the current one, as it does where
    /// the store has but one of each object.
    var versionID: String? {
        services.storeForm.can(.versioning) ? query["versionId"] : nil
    }

    /// Where the object is, as the request named it.
    var location: String {
        let path = PercentEncoding.encode(key, keepingSlash: true)
        let bucket = target.style == .virtualHost ? "" : "/\(bucket)"
        return "https://\(authority)\(bucket)/\(path)"
    }

    /// Sends a request to the store.
    ///
    /// - Throws: `ServiceUnavailable` where it doesn't answer; error statuses are returned.
    func send(_ request: StoreRequest) async throws(S3Error) -> StoreReply {
        do throws(StoreError) {
            return try await store.send(request)
        } catch {
            throw StoreFailure.answer(error)
        }
    }

    /// Sends a request to the store that must succeed.
    ///
    /// - Throws: what the store's refusal means to the client.
    func succeed(_ request: StoreRequest) async throws(S3Error) -> StoreReply {
        let reply = try await send(request)
        guard reply.isSuccess else { throw StoreFailure.reply(reply, errorScope) }
        return reply
    }

    /// Refuses a document without a digest, so that a torn one changes nothing; the digest itself
    /// was compared with the body already.
    func requireIntegrity() throws(S3Error) {
        let hasChecksum = ChecksumAlgorithm.allCases.contains { fields.contains($0.fieldName) }
        guard hasChecksum || fields.contains("content-md5") || fields.contains("x-amz-trailer")
        else {
            throw S3Error(
                .invalidRequest,
                "Missing required header for this request: Content-MD5 OR x-amz-checksum-*"
            )
        }
    }

    /// Refuses a bucket that doesn't exist.
    func requireBucket() async throws(S3Error) {
        let reply = try await send(StoreRequest(.head, bucket: bucket))
        guard reply.isSuccess else {
            throw StoreFailure.reply(reply, .init(bucket: bucket))
        }
    }

    /// Refuses a bucket, or where the request names a key an object, that doesn't exist.
    func requireTarget() async throws(S3Error) {
        guard target.key != nil else { return try await requireBucket() }
        _ = try await head(bucket: bucket, key, version: versionID)
    }

    var errorScope: StoreFailure.ErrorScope {
        StoreFailure.ErrorScope(bucket: bucket, key: target.key, versionID: versionID)
    }

    /// Reads a document of the store's, of up to `bytesMax` bytes.
    static func parse<Document: XMLReadable>(
        _ type: Document.Type,
        _ body: [UInt8],
        bytesMax: Int = StoreExchange.bodyBytesMax
    ) throws(S3Error) -> Document {
        do throws(XMLError) {
            return try Document(xml: body, limits: XMLReader.Limits(bytesMax: bytesMax))
        } catch {
            throw S3Error(.internalError)
        }
    }

    /// Reads the client's own document.
    func document<Document: XMLReadable>(_ type: Document.Type) throws(S3Error) -> Document {
        do throws(XMLError) {
            let bytesMax = services.options.documentBytesMax
            return try Document(xml: body, limits: XMLReader.Limits(bytesMax: bytesMax))
        } catch {
            throw error.response
        }
    }
}

/// What control work answers.
struct ControlAnswer: Sendable {
    var status = 200
    var fields = HTTPFields()
    var body: [UInt8] = []
    /// The mode and key that served it, for the audit stream.
    var mode: SSEMode?
    var keyID: String?
    /// What is to be streamed first, whose end gives the answer; then nothing else counts.
    var copy: CopyPlan?

    static func xml(_ document: some XMLWritable) -> ControlAnswer { xml(document.xml) }

    static func xml(_ body: [UInt8]) -> ControlAnswer {
        ControlAnswer(fields: HTTPFields([("content-type", "application/xml")]), body: body)
    }

    static func status(_ status: Int) -> ControlAnswer { ControlAnswer(status: status) }
}
