import Encoding
import HTTPWire
import KMS
import S3Wire
import SealedObject

/// What the store's answer says of an object: its envelope, not yet opened, and its own facts.
///
/// A class, since it is handed on from step to step and an envelope has many parts to copy.
final class FoundObject: Sendable {
    /// The envelope as parsed; its boxes prove themselves when they are opened.
    let envelope: Envelope
    /// The store's ETag with quotes: the condition of later requests for the same object.
    let storeETag: String
    /// The stored length in bytes.
    let storedCount: Int
    /// When it was written.
    let lastModified: Timestamp
    /// The version's id; `nil` in a bucket that never kept versions.
    let versionID: String?
    /// The fields that envelope and time were read from, as sent.
    private let metadata: [UInt8]
    private let dateText: [UInt8]

    /// An object from its parts.
    init(envelope: Envelope, storeETag: String, storedCount: Int, lastModified: Timestamp) {
        self.envelope = envelope
        self.storeETag = storeETag
        self.storedCount = storedCount
        self.lastModified = lastModified
        versionID = nil
        metadata = []
        dateText = []
    }

    /// The object of a store's answer to GET or HEAD.
    ///
    /// - Throws: `InternalError` for an object that isn't sealed or whose facts don't add up: its
    ///   raw bytes are never answered.
    init(_ head: HTTPResponseHead) throws(ObjectFault) {
        let fields = head.fields
        guard let index = fields.firstIndex(of: StoreRequest.metadataField) else {
            throw .notSealed
        }
        metadata = Array(fields.valueBytes(at: index))
        do throws(SealedObjectError) {
            envelope = try Envelope(text: metadata)
        } catch {
            throw .sealBroken(error)
        }
        guard let etag = fields["etag"], let count = Self.storedCount(head),
            let date = fields["last-modified"], let time = Timestamp(httpDate: date)
        else { throw .answerIncomplete }
        storeETag = etag
        storedCount = count
        lastModified = time
        versionID = fields[VersionOutcome.versionField]
        dateText = Array(date.utf8)
        try verifyStoredCount()
    }

    /// The bytes of the envelope's text; its attributes take up no more.
    var envelopeTextCount: Int { metadata.count }

    /// The fields of a request for this very object, refused where another is there by now.
    var ifUnchanged: HTTPFields {
        var fields = HTTPFields()
        fields.reserve(fields: 2, bytes: 64)
        fields.append("if-match", storeETag)
        return fields
    }

    /// Whether a later answer says all of this again, byte for byte.
    func isRepeated(by head: HTTPResponseHead) -> Bool {
        let fields = head.fields
        return Self.has(fields, StoreRequest.metadataField, metadata)
            && Self.has(fields, "last-modified", dateText)
            && Self.has(fields, "etag", storeETag)
            && Self.has(fields, VersionOutcome.versionField, versionID)
            && Self.storedCount(head) == storedCount
    }

    private static func has(_ fields: HTTPFields, _ name: String, _ value: [UInt8]) -> Bool {
        guard let index = fields.firstIndex(of: name) else { return false }
        return fields.isValue(value.span, at: index)
    }

    private static func has(_ fields: HTTPFields, _ name: String, _ value: String?) -> Bool {
        let index = fields.firstIndex(of: name)
        guard let index, let value else { return index == nil && value == nil }
        return fields.isValue(value.utf8.span, at: index)
    }

    /// The version to name in later requests, so that they mean this very one; `nil` where the
    /// store knows no versions, or the bucket never kept any.
    func pinned(_ form: StoreForm) -> String? { form.can(.versioning) ? versionID : nil }

    /// The stored length that the envelope of one stream promises.
    private func verifyStoredCount() throws(ObjectFault) {
        guard let facts = envelope.streamFacts else { return }
        guard facts.layout.storedCount == storedCount else {
            throw .sealBroken(.storedCountInvalid)
        }
    }

    private static func storedCount(_ head: HTTPResponseHead) -> Int? {
        if head.status == 206, let range = head.fields["content-range"] {
            return range.split(separator: "/").last.flatMap { Int($0) }
        }
        return (try? head.fields.contentLength()).flatMap { Int(exactly: $0) }
    }
}

/// Why a stored object can't be given out; each goes to the audit stream with the object's id.
enum ObjectFault: Error, Equatable, Sendable {
    /// The store's answer lacks what the dialect promises.
    case answerIncomplete
    /// The key that the envelope names is missing, or isn't what was wrapped.
    case keyBroken(KMSError)
    /// There is no envelope: plaintext or a stranger's object.
    case notSealed
    /// The object changed between two requests, again and again.
    case restless
    /// Bytes are not what was sealed.
    case sealBroken(SealedObjectError)
    /// The store failed where it had an object; its body is short or gone.
    case storeFailed

    /// The reason in words for the log.
    var reason: String {
        switch self {
        case .answerIncomplete: "the store's answer lacks ETag, length or date"
        case .keyBroken(let error): "its key can't be had: \(error.explanation)"
        case .notSealed: "the stored object has no envelope"
        case .restless: "the object changed during each of several reads"
        case .sealBroken(let error): "the ciphertext does not verify: \(error)"
        case .storeFailed: "the store failed, or broke its answer off"
        }
    }
}
