import Encoding
import HTTPWire
import KMS
import S3Wire

/// Bucket key, attribute key and setting records in the store's reserved namespace.
struct StoreRecords: SettingRecords {
    private let store: StoreClient

    init(_ store: StoreClient) { self.store = store }

    func get(_ name: String) async throws(RecordStoreError) -> [UInt8]? {
        let reply = try await send(.get, name)
        if reply.status == 404 { return nil }
        guard reply.isSuccess else { throw .unavailable }
        return reply.body
    }

    func put(
        _ name: String,
        _ bytes: [UInt8],
        ifAbsent: Bool
    ) async throws(RecordStoreError) -> Bool {
        var fields = HTTPFields()
        if ifAbsent {
            // An engine that doesn't know the condition would write all the same.
            if !store.form.can(.conditionalCommit), try await get(name) != nil { return false }
            fields.append("if-none-match", "*")
        }
        let reply = try await send(.put, name, fields: fields, body: bytes)
        if ifAbsent, reply.status == 412 { return false }
        guard reply.isSuccess else { throw .unavailable }
        return true
    }

    func replace(
        _ name: String,
        _ old: [UInt8],
        by new: [UInt8]
    ) async throws(RecordStoreError) -> Bool {
        let found = try await send(.get, name)
        if found.status == 404 { return false }
        guard found.isSuccess, let etag = found.etag else { throw .unavailable }
        guard found.body == old else { return false }
        let fields = HTTPFields([("if-match", etag)])
        let reply = try await send(.put, name, fields: fields, body: new)
        if reply.status == 412 || reply.status == 404 { return false }
        guard reply.isSuccess else { throw .unavailable }
        return true
    }

    func list(prefix: String) async throws(RecordStoreError) -> [String] {
        var names: [String] = []
        var token: String?
        repeat {
            let query = StoreRequest.query([
                ("list-type", "2"), ("encoding-type", "url"), ("prefix", prefix),
                ("continuation-token", token),
            ])
            let request = StoreRequest(.get, bucket: StoreRequest.reservedBucket, query: query)
            let page = try await page(request)
            names += page.names
            token = page.next
        } while token != nil
        return names
    }

    func remove(_ name: String) async throws(RecordStoreError) {
        let reply = try await send(.delete, name)
        guard reply.isSuccess || reply.status == 404 else { throw .unavailable }
    }

    private func page(
        _ request: StoreRequest
    ) async throws(RecordStoreError) -> (names: [String], next: String?) {
        let reply: StoreReply
        do throws(StoreError) { reply = try await store.send(request) } catch { throw .unavailable }
        guard reply.isSuccess, let list = try? ObjectListing(xml: reply.body) else {
            throw .unavailable
        }
        guard case .version2(_, _, let next) = list.paging else { throw .unavailable }
        return (list.entries.map(\.key), next)
    }

    private func send(
        _ method: HTTPMethod,
        _ name: String,
        fields: HTTPFields = HTTPFields(),
        body: [UInt8] = []
    ) async throws(RecordStoreError) -> StoreReply {
        let request = StoreRequest(
            method,
            bucket: StoreRequest.reservedBucket,
            key: name,
            fields: fields,
            body: body
        )
        do throws(StoreError) { return try await store.send(request) } catch { throw .unavailable }
    }
}
