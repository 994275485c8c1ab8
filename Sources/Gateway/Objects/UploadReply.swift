import HTTPWire
import Transport

/// Collects the store's answer to an upload.
final class UploadReply: HTTPClientHandler {
    /// The store's answers are short documents; more is dropped.
    static let bodyBytesMax = 65_536

    /// What sends the body.
    protocol Owner: AnyObject {
        func storeAnswered(_ reply: StoreReply)
        func storeBecameWritable()
        func storeFailed(_ error: HTTPClientError)
    }

    private let upload: any Owner
    private var reply = StoreReply(status: 0, fields: HTTPFields(), body: [])

    init(_ upload: any Owner) { self.upload = upload }

    func received(_ head: HTTPResponseHead) {
        reply.status = head.status
        reply.fields = head.fields
    }

    func received(_ body: Span<UInt8>) {
        guard reply.body.count + body.count <= Self.bodyBytesMax else { return }
        unsafe body.withUnsafeBufferPointer { unsafe reply.body.append(contentsOf: $0) }
    }

    func receivedEnd(trailers: HTTPFields) { upload.storeAnswered(reply) }

    func becameWritable() { upload.storeBecameWritable() }

    func failed(_ error: HTTPClientError) { upload.storeFailed(error) }
}
