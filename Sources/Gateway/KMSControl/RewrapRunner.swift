import Encoding
import KMS
import Logging

/// Runs rewrap jobs, one at a time, in the background of a gateway that serves.
actor RewrapRunner {
    /// Failures after which a job is given up: something is wrong with all of them.
    private static let failuresMax: Int64 = 1000

    private let services: GatewayServices
    private let walk: SealedWalk
    private let record: RewrapJobRecord
    private let canReplace: Bool
    private let limit: RewrapLimit
    private let jobs: AsyncStream<RewrapJob>
    private let queue: AsyncStream<RewrapJob>.Continuation
    private var last: RewrapJob?
    private var isBusy = false
    private var isLoaded = false
    /// The job that a process before left running.
    private var left: RewrapJob?

    init(
        _ services: GatewayServices,
        _ store: StoreClient,
        _ records: any SettingRecords,
        _ limit: RewrapLimit
    ) {
        self.services = services
        self.limit = limit
        walk = SealedWalk(store: store)
        record = RewrapJobRecord(ring: services.keys, records: records)
        canReplace = store.form.can(.replaceMetadata)
        (jobs, queue) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(1))
    }

    /// Begins a job; it is stored when this returns.
    ///
    /// - Throws: 409 while another runs, 501 where the store can't replace envelopes.
    func begin(_ job: RewrapJob) async throws(KMSAdminError) -> JSONValue {
        await load()
        guard !isBusy else {
            throw .conflict("job \(last?.id ?? "") runs; GET /kms/rewrap/{job} shows how far it is")
        }
        guard !job.objectsToo || canReplace else {
            throw .notImplemented(
                "the storage can't change an object in place; copy objects onto themselves"
            )
        }
        isBusy = true
        last = job
        guard await record.store(job) else {
            isBusy = false
            throw KMSAdminError(.storeUnavailable)
        }
        queue.yield(job)
        return job.json
    }

    /// The last job, where it has that id.
    ///
    /// - Throws: 404.
    func find(_ id: String) async throws(KMSAdminError) -> JSONValue {
        await load()
        guard let last, last.id == id else { throw .notFound("there is no job \(id)") }
        return last.json
    }

    /// Goes on with the job that a process before left, then does those that come, until the task
    /// is cancelled.
    func run() async {
        await load()
        if let left {
            self.left = nil
            await work(left)
        }
        for await job in jobs { await work(job) }
    }

    /// Looks once what a process before left.
    private func load() async {
        guard !isLoaded else { return }
        let stored = await record.load()
        guard !isLoaded else { return }
        isLoaded = true
        last = stored
        guard let stored, stored.state == .running else { return }
        (left, isBusy) = (stored, true)
    }

    private func work(_ job: RewrapJob) async {
        var job = job
        let rewrapper = KeyRewrapper(services.keys)
        do throws(OfflineError) {
            if !job.recordsDone { try await records(&job, rewrapper) }
            if job.objectsToo { try await objects(&job, rewrapper) }
            // Left as it is, to be gone on with.
            if Task.isCancelled { return }
            job.state = .completed
        } catch {
            if Task.isCancelled { return }
            job.state = .failed
            job.note(error.problem)
        }
        job.ended = services.clock()
        await keep(job)
        isBusy = false
        services.log.notice(
            "rewrap job ended",
            metadata: [
                "job": "\(job.id)", "status": "\(job.state.rawValue)",
                "records": "\(job.records.rewrapped)", "objects": "\(job.objects.rewrapped)",
                "failed": "\(job.records.failed + job.objects.failed)",
            ]
        )
    }

    private func keep(_ job: RewrapJob) async {
        last = job
        if await !record.store(job) { services.log.warning("the rewrap job can't be stored") }
    }

    private func records(
        _ job: inout RewrapJob,
        _ rewrapper: KeyRewrapper
    ) async throws(OfflineError) {
        let names: [String]
        do throws(KMSError) { names = try await services.keys.keyRecordNames() } catch {
            throw .refused(error.explanation)
        }
        let meant = names.filter { name in
            job.bucket.map { name.hasPrefix("bk/\($0)/") } ?? true
        }
        let selection = job.selection
        let outcomes = await limit.each(of: meant) { name throws(Failed) in
            do throws(KMSError) { return try await rewrapper.rewrap(name, selection) } catch {
                throw Failed(text: "\(name): \(error.explanation)")
            }
        }
        // What was broken off failed by that alone, and is done again.
        if Task.isCancelled { return }
        job.records = RewrapJob.Counts()
        for outcome in outcomes { job.count(outcome, in: \.records) }
        job.recordsDone = true
        await keep(job)
    }

    private func objects(
        _ job: inout RewrapJob,
        _ rewrapper: KeyRewrapper
    ) async throws(OfflineError) {
        let worker = ObjectRewrapper(
            access: services.access,
            store: walk.store,
            records: rewrapper,
            selection: job.selection
        )
        let all = try await walk.buckets()
        let meant = all.filter { name in job.bucket.map { $0 == name } ?? true }
        job.bucketCount = Int64(meant.count)
        // Names come in order: what stands before the bucket it was in is done.
        for bucket in meant.drop(while: { name in job.currentBucket.map { name < $0 } ?? false }) {
            if job.currentBucket != bucket { (job.currentBucket, job.mark) = (bucket, nil) }
            var next: SealedWalk.Mark?
            repeat {
                let page = try await walk.objects(of: bucket, prefix: job.prefix, after: job.mark)
                try await rewrap(page.entries, &job, worker)
                next = page.next
                if Task.isCancelled { return }
                if let next { job.mark = next }
                await keep(job)
            } while next != nil
            for upload in try await walk.uploads(of: bucket, prefix: job.prefix) {
                if await depends(upload, worker) { job.uploadsLeft += 1 }
            }
            job.bucketsDone += 1
        }
    }

    private func rewrap(
        _ entries: [SealedEntry],
        _ job: inout RewrapJob,
        _ worker: ObjectRewrapper
    ) async throws(OfflineError) {
        let size = min(job.rate.map { Int(max($0 / 4, 1)) } ?? 128, 128)
        var index = 0
        while index < entries.count, !Task.isCancelled {
            let chunk = Array(entries[index..<min(index + size, entries.count)])
            let began = ContinuousClock.now
            let outcomes = await limit.each(of: chunk) { entry throws(Failed) in
                do throws(ObjectRewrapper.Failure) { return try await worker.rewrap(entry) } catch {
                    let place = "\(entry.place.bucket)/\(entry.place.key)"
                    throw Failed(text: "\(place): \(error.reason)")
                }
            }
            for outcome in outcomes { job.count(outcome, in: \.objects) }
            guard job.objects.failed <= Self.failuresMax else {
                throw .refused("more than \(Self.failuresMax) objects failed")
            }
            index += chunk.count
            last = job
            guard let rate = job.rate else { continue }
            let due = Duration.milliseconds(Int64(chunk.count) * 1000 / rate)
            let rest = due - (ContinuousClock.now - began)
            if rest > .zero { try? await Task.sleep(for: rest) }
        }
    }

    private func depends(_ upload: SealedEntry, _ worker: ObjectRewrapper) async -> Bool {
        guard let envelope = upload.envelope else { return true }
        return (try? await worker.verdict(on: envelope, at: upload.place)) ?? .rewrapped
            == .rewrapped
    }
}

extension RewrapJob {
    fileprivate mutating func count(
        _ outcome: Result<Rewrapped, Failed>,
        in counts: WritableKeyPath<RewrapJob, Counts>
    ) {
        switch outcome {
        case .success(let rewrapped): self[keyPath: counts].add(rewrapped)
        case .failure(let failure):
            self[keyPath: counts].failed += 1
            note(failure.text)
        }
    }
}
