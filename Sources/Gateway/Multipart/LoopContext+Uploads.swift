import HTTPWire
import S3Wire
import SealedObject

extension LoopContext {
    /// Finds an open upload: from memory, else from the store.
    func upload(
        _ uploadID: String,
        bucket: String,
        key: String,
        then completion: @escaping (Result<OpenUpload, S3Error>) -> Void
    ) {
        if let upload = uploads.find(uploadID, bucket: bucket, key: key) {
            return completion(.success(upload))
        }
        guard UploadID.isWellFormed(uploadID) else {
            return completion(.failure(S3Error(.noSuchUpload)))
        }
        let request = StoreRequest(
            .get,
            bucket: bucket,
            key: key,
            query: "uploadId=\(uploadID)&max-parts=0&encoding-type=url"
        )
        ask(request) { [self] result in
            do throws(S3Error) {
                let upload = try OpenUpload.read(result, uploadID, bucket: bucket, key: key)
                uploads.keep(upload)
                completion(.success(upload))
            } catch {
                completion(.failure(error))
            }
        }
    }

    /// Whether the bucket was there a moment ago.
    func knows(_ bucket: String) -> Bool { buckets.exists(bucket, now: services.clock()) }

    /// Calls back with `nil` once the bucket is known to exist, else with what stands in the way;
    /// requests that wait for one bucket share a question to the store.
    func requireBucket(_ bucket: String, then completion: @escaping (S3Error?) -> Void) {
        if knows(bucket) { return completion(nil) }
        guard bucketWaiters[bucket] == nil else {
            bucketWaiters[bucket]?.append(completion)
            return
        }
        bucketWaiters[bucket] = [completion]
        let now = services.clock()
        let request = StoreRequest(.head, bucket: bucket)
        StoreExchange.send(request.head, body: [], on: store) { [self] result in
            var failure: S3Error?
            switch result {
            case .failure(let error): failure = StoreFailure.answer(error)
            case .success(let reply) where reply.isSuccess: buckets.saw(bucket, now: now)
            case .success(let reply): failure = StoreFailure.reply(reply, .init(bucket: bucket))
            }
            for waiter in bucketWaiters.removeValue(forKey: bucket) ?? [] { waiter(failure) }
        }
    }
}

/// The form of upload ids, which stand in targets for the store.
enum UploadID {
    static func isWellFormed(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
                    || (0x61...0x7a).contains($0) || $0 == 0x2d || $0 == 0x2e || $0 == 0x5f
            }
    }
}

extension OpenUpload {
    /// The upload of the store's answer to ListParts.
    static func read(
        _ result: Result<StoreReply, StoreError>,
        _ uploadID: String,
        bucket: String,
        key: String
    ) throws(S3Error) -> OpenUpload {
        switch result {
        case .failure(let error): throw StoreFailure.answer(error)
        case .success(let reply):
            guard reply.isSuccess else {
                throw StoreFailure.reply(reply, .init(bucket: bucket, key: key))
            }
            guard let listing = try? PartListing(xml: reply.body) else {
                throw S3Error(.internalError)
            }
            return try OpenUpload(listing, uploadID, bucket: bucket, key: key)
        }
    }

    /// The upload that a part listing is of.
    init(
        _ listing: PartListing,
        _ uploadID: String,
        bucket: String,
        key: String
    ) throws(S3Error) {
        guard let metadata = listing.metadata, let initiated = listing.initiated,
            let envelope = try? Envelope(text: metadata.utf8), envelope.body == .upload
        else { throw S3Error(ObjectFault.notSealed) }
        self.init(
            bucket: bucket,
            key: key,
            uploadID: uploadID,
            envelope: envelope,
            initiated: initiated
        )
    }
}
