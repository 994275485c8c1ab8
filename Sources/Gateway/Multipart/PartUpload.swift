import Encoding
import HTTPWire
import S3Wire
import SealedObject

/// UploadPart: a stream of its own salt under the upload's key.
final class PartUpload: UploadKind {
    private let scope: RequestScope
    private var number = 0
    private var uploadID = ""
    private var opened: OpenedUpload?
    private var customer: CustomerKeyHolder?
    private var entityTag = ""

    init(_ scope: RequestScope) { self.scope = scope }

    func prepare(_ completion: @escaping (Result<PreparedUpload, S3Error>) -> Void) {
        do throws(S3Error) {
            guard let query = scope.target?.query, let number = try PartNumber.read(query) else {
                throw S3Error(.invalidRequest)
            }
            self.number = number
            uploadID = query["uploadId"] ?? ""
            scope.loop.upload(
                uploadID,
                bucket: scope.bucket,
                key: scope.key
            ) { [self] result in
                do throws(S3Error) {
                    let upload = try result.get()
                    scope.mode = upload.envelope.sseMode
                    try readCustomerKey(upload)
                    open(upload, completion)
                } catch {
                    completion(.failure(error))
                }
            }
        } catch {
            completion(.failure(error))
        }
    }

    private func readCustomerKey(_ upload: OpenUpload) throws(S3Error) {
        let key = try scope.loop.services.sse.part(
            scope.head.fields,
            transport: scope.transport,
            upload: upload.envelope.sseMode
        )
        customer = try CustomerKeyHolder.of(key)
        scope.wipeCustomerKeys()
    }

    private func open(
        _ upload: OpenUpload,
        _ completion: @escaping (Result<PreparedUpload, S3Error>) -> Void
    ) {
        scope.loop.open(upload, customer: customer, rights: KeyRights(scope.access)) {
            [self] result in
            do throws(S3Error) {
                let opened = try result.get()
                self.opened = opened
                scope.keyID = opened.keyID(scope.loop.services)
                scope.keyUse = opened.keyUse
                completion(.success(try prepared(try PayloadPlan(scope), opened)))
            } catch {
                completion(.failure(error))
            }
        }
    }

    private func prepared(
        _ payload: PayloadPlan,
        _ opened: OpenedUpload
    ) throws(S3Error) -> PreparedUpload {
        var payload = payload
        payload.expected.wantsMD5 = opened.upload.envelope.mode == .s3
        let reader = try payload.uploadReader(scope)
        do throws(SealedObjectError) {
            let facts = try StreamFacts(
                objectID: opened.upload.envelope.objectID,
                partNumber: UInt32(number),
                plaintextCount: payload.count,
                salt: try Salt.random()
            )
            return PreparedUpload(
                reader: reader,
                sealer: try StreamSealer(facts: facts, objectKey: opened.objectKey.bytes),
                target: StoreRequest.target(
                    bucket: scope.bucket,
                    key: scope.key,
                    query: "partNumber=\(number)&uploadId=\(uploadID)"
                ),
                fields: HTTPFields(),
                trailerName: StoreRequest.partField
            )
        } catch {
            throw S3Error(.internalError)
        }
    }

    func commit(
        _ facts: PayloadFacts,
        _ header: StreamHeader
    ) throws(SealedObjectError) -> (String, String)? {
        guard let opened else { throw .keyReferenceInvalid }
        entityTag = opened.entityTag(ofPart: facts, header)
        let record = try PartRecord(
            sealing: header.facts,
            attributes: try opened.attributes(ofPart: facts),
            objectKey: opened.objectKey.bytes
        )
        return (StoreRequest.partField, Base64.encode(record.bytes, as: .url))
    }

    func answer(_ facts: PayloadFacts, _ reply: StoreReply) -> HTTPFields {
        var fields = HTTPFields()
        fields.append("etag", quoting: entityTag)
        if let checksum = facts.checksum {
            fields.append(checksum.algorithm.fieldName, Base64.encode(checksum.value))
        }
        opened?.describe(in: &fields, customer, scope.loop.services)
        return fields
    }

    func refusal(_ error: S3Error) -> S3Error {
        if error.code == .noSuchUpload { scope.loop.uploads.forget(uploadID) }
        return error
    }
}
