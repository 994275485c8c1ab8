import Synchronization

/// The digests of one body, which the loop makes and one thread after the other carries on.
final class DigestState: Sendable {
    private let digests: Mutex<PayloadDigests>
    /// Whether MD5 is all that takes long, so that it gains by being computed beside others.
    let isShareable: Bool

    init(_ expected: PayloadExpectations) {
        isShareable = expected.wantsOnlyMD5
        digests = Mutex(PayloadDigests(expected))
    }

    /// Takes the buffers into all digests but MD5, which is handed out.
    fileprivate func begin(_ buffers: [DigestBuffer]) -> MD5Stream? {
        digests.withLock { digests in
            for buffer in buffers {
                buffer.withBytes(0..<buffer.count) { digests.updateAllButMD5($0) }
            }
            return digests.md5
        }
    }

    /// Takes MD5 back; gives the digests after the last buffer.
    fileprivate func end(_ md5: MD5Stream?, isLast: Bool) -> PayloadDigests.Found? {
        digests.withLock { digests in
            if let md5 { digests.md5 = md5 }
            return isLast ? digests.finish() : nil
        }
    }
}

/// The next bytes of one body for its digests; a body has one job at a time.
struct DigestJob: Sendable {
    let state: DigestState
    let buffers: [DigestBuffer]
    let isLast: Bool
    /// Is told the digests after the last buffer, and whether the job was done at all.
    let completion: @Sendable (_ found: PayloadDigests.Found?, _ isRun: Bool) -> Void

    /// Does jobs of different bodies, as many as there are lanes.
    static func run(_ jobs: [DigestJob]) {
        var streams: [MD5Stream] = []
        var buffers: [[DigestBuffer]] = []
        var indices: [Int?] = []
        for job in jobs {
            guard let md5 = job.state.begin(job.buffers) else {
                indices.append(nil)
                continue
            }
            indices.append(streams.count)
            streams.append(md5)
            buffers.append(job.buffers)
        }
        MD5Lanes.update(&streams, with: buffers)
        for (job, index) in zip(jobs, indices) {
            job.completion(job.state.end(index.map { streams[$0] }, isLast: job.isLast), true)
        }
    }
}
