/// The next bytes of one body for its digests.
struct DigestJob: Sendable {
    let body: DigestBody
    /// None where the body ended after its last buffer had been taken.
    let buffer: DigestBuffer?
    /// Whether nothing of the body comes after this.
    let isLast: Bool

    /// Does jobs of different bodies, as many as there are lanes.
    static func run(_ jobs: [DigestJob]) {
        var streams: [MD5Stream] = []
        var buffers: [DigestBuffer?] = []
        var indices: [Int?] = []
        for job in jobs {
            guard let md5 = job.body.begin(job.buffer) else {
                indices.append(nil)
                continue
            }
            indices.append(streams.count)
            streams.append(md5)
            buffers.append(job.buffer)
        }
        MD5Lanes.update(&streams, with: buffers)
        for (job, index) in zip(jobs, indices) {
            let found = job.body.end(index.map { streams[$0] }, isLast: job.isLast)
            job.tell(found, isRun: true)
        }
    }

    /// The job isn't done, nor will any of its body be.
    func abandon() { tell(nil, isRun: false) }

    private func tell(_ found: PayloadDigests.Found?, isRun: Bool) {
        body.progressed(
            DigestProgress(count: buffer?.count ?? 0, found: found, isBroken: !isRun)
        )
    }
}

/// How a body's digests came along.
struct DigestProgress: Sendable {
    /// Bytes that no longer wait.
    var count: Int
    /// The digests, after the last of the bytes.
    var found: PayloadDigests.Found?
    /// Whether the bytes were left out, so that there will be no digests.
    var isBroken: Bool
}
