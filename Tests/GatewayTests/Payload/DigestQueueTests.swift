import S3Wire
import TestSupport
import Testing

@testable import Gateway

@Suite struct DigestQueueTests {
    private static func body(onlyMD5: Bool = true) -> DigestBody {
        var expected = PayloadExpectations()
        expected.wantsMD5 = true
        if !onlyMD5 { expected.sha256 = [UInt8](repeating: 0, count: 32) }
        return DigestBody(expected) { _ in }
    }

    /// A queue with `count` bodies that have nothing yet.
    private static func queue(
        of count: Int,
        lanes: Int = 4,
        urgent: Int = 2,
        onlyMD5: Bool = true
    ) -> (DigestQueue, [DigestBody]) {
        var queue = DigestQueue(laneCount: lanes, urgentBuffers: urgent)
        let bodies = (0..<count).map { _ in body(onlyMD5: onlyMD5) }
        for body in bodies { queue.join(body) }
        return (queue, bodies)
    }

    @Test("a thread is wanted once each companion, or a lane's worth of them, has a buffer")
    func company() {
        for (count, needed) in [(1, 1), (2, 2), (4, 4), (9, 4)] {
            var (queue, bodies) = Self.queue(of: count)
            for (index, body) in bodies.enumerated() {
                #expect(queue.wantsThread == (index >= needed))
                queue.append(DigestBuffer(), isLast: false, of: body)
            }
            #expect(queue.wantsThread)
            queue.willStart()
            queue.started()
            #expect(queue.next(after: []).count == min(count, 4))
        }
    }

    @Test("a body with its urgent number of buffers, or at its end, takes along who is there")
    func urgency() {
        for isEnd in [false, true] {
            var (queue, bodies) = Self.queue(of: 3)
            queue.append(DigestBuffer(), isLast: false, of: bodies[1])
            queue.append(DigestBuffer(), isLast: false, of: bodies[0])
            #expect(!queue.wantsThread)
            queue.append(isEnd ? nil : DigestBuffer(), isLast: isEnd, of: bodies[0])
            #expect(queue.wantsThread)
            queue.willStart()
            queue.started()
            let jobs = queue.next(after: [])
            #expect(jobs.map { $0.body === bodies[1] } == [true, false])
            #expect(jobs.map(\.isLast) == [false, isEnd])
            // What is left has company of its own to wait for.
            #expect(queue.next(after: jobs).isEmpty)
            #expect(queue.running == 0)
        }
    }

    @Test("a body is on one thread at a time, its buffers come in order, and its end comes once")
    func order() {
        var random = SplitMix64(seed: 31)
        for onlyMD5 in [true, false] {
            var (queue, bodies) = Self.queue(of: 6, onlyMD5: onlyMD5)
            var sent = bodies.map { _ in [ObjectIdentifier]() }
            var seen = sent
            var ends = bodies.map { _ in 0 }
            var ended = Set<Int>()
            var threads: [[DigestJob]] = []
            var alive: [DigestBuffer] = []
            func take(_ jobs: [DigestJob]) {
                for job in jobs {
                    let index = bodies.firstIndex { $0 === job.body } ?? 0
                    #expect(!threads.joined().contains { $0.body === job.body })
                    if let buffer = job.buffer { seen[index].append(ObjectIdentifier(buffer)) }
                    if job.isLast { ends[index] += 1 }
                }
                if !jobs.isEmpty { threads.append(jobs) }
            }
            for step in 0..<2000 {
                let index = Int(random.next() % 6)
                if random.next() % 2 == 0, !ended.contains(index) {
                    let isLast = step > 1500
                    if isLast { ended.insert(index) }
                    let buffer = isLast && random.next() % 2 == 0 ? nil : DigestBuffer()
                    if let buffer {
                        alive.append(buffer)
                        sent[index].append(ObjectIdentifier(buffer))
                    }
                    queue.append(buffer, isLast: isLast, of: bodies[index])
                } else if queue.wantsThread, queue.running < 3 {
                    queue.willStart()
                    queue.started()
                    take(queue.next(after: []))
                } else if !threads.isEmpty {
                    let done = threads.remove(at: Int(random.next() % UInt64(threads.count)))
                    take(queue.next(after: done))
                }
            }
            while let done = threads.popLast() { take(queue.next(after: done)) }
            #expect(seen == sent)
            #expect(ends == bodies.map { _ in 1 })
            #expect(queue.running == 0)
        }
    }

    @Test("who leaves takes along what waits, its urgency and the others' waiting for it")
    func leaving() {
        var (queue, bodies) = Self.queue(of: 3)
        for body in bodies.prefix(2) { queue.append(DigestBuffer(), isLast: false, of: body) }
        queue.append(DigestBuffer(), isLast: false, of: bodies[0])
        #expect(queue.wantsThread)
        queue.leave(bodies[0])
        #expect(!queue.wantsThread)
        queue.leave(bodies[2])
        #expect(queue.wantsThread)
        #expect(queue.companions == 1)
        queue.willStart()
        queue.started()
        let jobs = queue.next(after: [])
        #expect(jobs.count == 1)
        queue.append(DigestBuffer(), isLast: false, of: bodies[1])
        queue.leave(bodies[1])
        #expect(queue.next(after: jobs).isEmpty)
        #expect(queue.companions == 0)
    }

    @Test("a further thread is wanted when all lanes of those that start are taken")
    func crowd() {
        var (queue, bodies) = Self.queue(of: 12)
        for body in bodies.prefix(4) { queue.append(DigestBuffer(), isLast: false, of: body) }
        queue.willStart()
        #expect(!queue.wantsThread)
        for body in bodies.suffix(8) { queue.append(DigestBuffer(), isLast: false, of: body) }
        #expect(queue.wantsThread)
        queue.started()
        #expect(queue.next(after: []).count == 4)
        queue.willStart()
        #expect(queue.wantsThread)
        queue.willStart()
        #expect(!queue.wantsThread)
    }

    @Test("both kinds have their turns")
    func kinds() {
        var (queue, bodies) = Self.queue(of: 2)
        let other = Self.body(onlyMD5: false)
        queue.join(other)
        #expect(queue.companions == 2)
        queue.append(DigestBuffer(), isLast: false, of: other)
        for body in bodies { queue.append(DigestBuffer(), isLast: false, of: body) }
        queue.willStart()
        queue.started()
        let first = queue.next(after: [])
        let second = queue.next(after: first)
        #expect(Set([first.count, second.count]) == [1, 2])
        #expect(queue.next(after: second).isEmpty)
    }
}
