import Encoding
import SealedObject

/// Gives back the plaintext of stored objects without a gateway.
public struct ObjectRecovery: Sendable {
    private let plaintext: ObjectPlaintext

    /// A recovery with the settings' keys, and a customer's for SSE-C objects.
    ///
    /// - Throws: what is wrong with the keys.
    public init(
        _ store: OfflineStore,
        customerKey: CustomerKeyFile?
    ) async throws(GatewayStartError) {
        plaintext = ObjectPlaintext(
            store: store,
            keys: try await store.keys(),
            customer: customerKey?.key
        )
    }

    /// Opens an object and gives its bytes to `sink`, verified segment by verified segment.
    ///
    /// - Returns: what was sealed beside them (headers, user metadata, ETag), one JSON object.
    /// - Throws: what is wrong with the object, its key or the store; what `sink` throws.
    public func open(
        _ place: OfflineStore.Place,
        into sink: (Span<UInt8>) throws(OfflineError) -> Void
    ) async throws(OfflineError) -> [UInt8] {
        let found = try await plaintext.store.find(place)
        let attributes = try await plaintext.read(found, at: place, sink)
        return Self.json(place, found, attributes).encode()
    }

    private static func json(
        _ place: OfflineStore.Place,
        _ found: FoundObject,
        _ attributes: ObjectAttributes
    ) -> JSONValue {
        var members: [JSONMember] = [
            .init("bucket", .string(place.bucket)), .init("key", .string(place.key)),
            .init("mode", .string(found.envelope.mode.standardName)),
            .init("last_modified", .string(found.lastModified.iso8601)),
        ]
        let fields: [(String, String?)] = [
            ("etag", found.envelope.etag(attributes)),
            ("content_type", attributes.contentType),
            ("content_encoding", attributes.contentEncoding),
            ("content_language", attributes.contentLanguage),
            ("content_disposition", attributes.contentDisposition),
            ("cache_control", attributes.cacheControl), ("expires", attributes.expires),
        ]
        members += fields.compactMap { name, value in value.map { .init(name, .string($0)) } }
        let metadata = attributes.userMetadata.map { JSONMember($0.name, .string($0.value)) }
        members.append(.init("metadata", .object(metadata)))
        return .object(members)
    }
}
