internal import Daemon
internal import HTTPWire
internal import NIOCore
internal import S3Wire
internal import Transport

/// Serves the local S3 dialect, docs/backend-dialect.md.
final class DialectApplication: HTTPServerApplication {
    let services: StoreServices

    init(_ services: StoreServices) { self.services = services }

    func begin(
        _ head: HTTPRequestHead,
        on exchange: any HTTPServerExchange
    ) -> any HTTPServerHandler {
        var operation = DialectOperation.unknown
        var refusal: any Error
        do {
            let target = try S3Target(target: head.target, authority: head.authority)
            let request = try DialectRequest(head, target)
            operation = request.operation
            let reply = DialectReply(exchange, head, operation: operation, services: services)
            let call = DialectCall(
                request: request,
                reply: reply,
                services: services,
                reader: services.reader(on: exchange.eventLoop),
                eventLoop: exchange.eventLoop
            )
            do {
                return try call.handler()
            } catch {
                reply.fail(error)
                return AnsweredHandler(reply, head)
            }
        } catch {
            refusal = error
        }
        let reply = DialectReply(exchange, head, operation: operation, services: services)
        reply.fail(refusal)
        return AnsweredHandler(reply, head)
    }
}

/// One request and all that it is served with.
struct DialectCall {
    let request: DialectRequest
    let reply: DialectReply
    let services: StoreServices
    let reader: IndexReader
    let eventLoop: any EventLoop

    /// The handler of the exchange; reads are answered by then.
    ///
    /// - Throws: `S3Error` and `StoreError`, where nothing was sent yet.
    func handler() throws -> any HTTPServerHandler {
        if request.operation.takesRoom { try services.files.requireRoom(for: 0) }
        switch request.operation {
        case .putObject, .uploadPart:
            return try UploadHandler(request, reply, services, reader: reader)
        case .getObject, .headObject: return try readObject()
        case .completeUpload: return try document { try completeUpload($0) }
        case .copyObject: return try document { try copyObject(table: $0) }
        case .deleteObjects: return try document { try deleteObjects($0) }
        case .putVersioning: return try document { try putVersioning($0) }
        case .abortUpload: try abortUpload()
        case .createBucket: createBucket()
        case .createUpload: try createUpload()
        case .deleteBucket: deleteBucket()
        case .deleteObject: try deleteObject()
        case .getCapabilities: sendCapabilities()
        case .getMetrics: sendMetrics()
        case .getTable: try sendTable()
        case .getVersioning: try getVersioning()
        case .headBucket: try headBucket()
        case .listBuckets: try listBuckets()
        case .listObjects: try listObjects()
        case .listParts: try listParts()
        case .listUploads: try listUploads()
        case .listVersions: try listVersions()
        case .replaceMetadata: try replaceMetadata()
        case .unknown: throw S3Error(.notImplemented)
        }
        return AnsweredHandler(reply, request.head)
    }

    /// Queues a change; `finish` answers once it is durable, a failure is answered by itself.
    func change<Value: Sendable>(
        _ change: @escaping @Sendable (IndexTransaction) throws(StoreError) -> Value,
        finish: @escaping (Value) -> Void
    ) {
        let reply = reply
        services.index.submit(on: eventLoop, change).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let value): finish(value)
            case .failure(let error): reply.fail(error)
            }
        }
    }

    /// Gathers the request's document and hands it to `finish`, whose error is answered.
    private func document(
        _ finish: @escaping ([UInt8]) throws -> Void
    ) throws -> any HTTPServerHandler {
        if case .known(let size) = request.head.bodyLength,
            size > UInt64(services.limits.documentBytesMax)
        {
            throw S3Error(.maxMessageLengthExceeded)
        }
        let reply = reply
        let bytesMax = services.limits.documentBytesMax
        return DocumentHandler(reply, request.head, bytesMax: bytesMax) { document in
            do { try finish(document) } catch { reply.fail(error) }
        }
    }

    private func sendCapabilities() {
        var names = [
            "trailer-metadata", "complete-metadata", "part-attributes", "list-metadata",
            "replace-metadata", "conditional-commit", "reserved-namespace",
            "copy-object", "versioning", "files",
        ]
        if services.limits.pipelineMax > 1 { names.append("pipelining") }
        let list = names.map { "\"\($0)\"" }.joined(separator: ",")
        let text = "{\"dialect\":1,\"capabilities\":[\(list)]}\n"
        reply.send(200, type: "application/json", body: Array(text.utf8))
    }

    private func sendMetrics() {
        let text = services.metrics.registry.exposition()
        reply.send(200, type: "text/plain; version=0.0.4", body: Array(text.utf8))
    }
}
