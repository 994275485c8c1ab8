import HTTPWire
import S3Wire
import SealedObject

/// Fetches and opens the part table of a multipart object.
enum PartTableFetch {
    /// Why there is no table.
    enum Failure: Error, Equatable {
        case broken(ObjectFault)
        /// The object was written since its facts were read.
        case changed
        case refused(S3Error)
    }

    /// Completes later on the scope's loop.
    static func send(
        _ opened: OpenedObject,
        _ scope: RequestScope,
        then completion: @escaping (Result<MultipartLayout, Failure>) -> Void
    ) {
        let form = scope.loop.services.storeForm
        let request = request(opened, bucket: scope.bucket, key: scope.key, form)
        StoreExchange.send(request.head, body: [], on: scope.loop.store) { result in
            completion(
                Result { () throws(Failure) in
                    switch result {
                    case .failure(let error): throw .refused(StoreFailure.answer(error))
                    case .success(let reply): return try read(reply, opened, form)
                    }
                }
            )
        }
    }

    /// Asks for the record that stands in for the table on an engine without tables.
    static func record(_ opened: OpenedObject) -> StoreRequest {
        StoreRequest(
            .get,
            bucket: StoreRequest.reservedBucket,
            key: EngineRecordName.table(opened.envelope.objectID)
        )
    }

    /// The request for the table of an object.
    static func request(
        _ opened: OpenedObject,
        bucket: String,
        key: String,
        _ form: StoreForm
    ) -> StoreRequest {
        guard form.completesWithEnvelope else { return record(opened) }
        return StoreRequest(
            .get,
            bucket: bucket,
            key: key,
            query: StoreRequest.query("sealgate-table", version: opened.found.pinned(form))
        )
    }

    /// The layout of the store's answer, as long as the object is the one that was opened.
    static func read(
        _ reply: StoreReply,
        _ opened: OpenedObject,
        _ form: StoreForm
    ) throws(Failure) -> MultipartLayout {
        // A record is found by the object's id, and so is never another's.
        let etag = form.completesWithEnvelope ? reply.etag : opened.found.storeETag
        guard !reply.isSuccess || etag == opened.found.storeETag else { throw .changed }
        return try layout(reply, opened)
    }

    /// The layout that a store's answer seals.
    static func layout(
        _ reply: StoreReply,
        _ opened: OpenedObject
    ) throws(Failure) -> MultipartLayout {
        guard reply.isSuccess else {
            // An object without a table isn't the one whose envelope was read.
            if reply.status == 404 || reply.status == 412 { throw .changed }
            throw .refused(StoreFailure.reply(reply, .init(bucket: "", key: "")))
        }
        guard let objectKey = opened.objectKey, let tableID = opened.attributes.tableID else {
            throw .broken(.sealBroken(.partTableMismatch))
        }
        do throws(SealedObjectError) {
            let table = try PartTable(
                opening: reply.body,
                objectKey: objectKey.bytes,
                objectID: opened.envelope.objectID,
                expectedID: tableID
            )
            try table.verify(against: opened.envelope.body)
            return try MultipartLayout(table)
        } catch {
            throw .broken(.sealBroken(error))
        }
    }
}
