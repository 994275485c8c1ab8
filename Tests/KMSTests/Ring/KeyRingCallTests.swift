import Encoding
import Testing

@testable import KMS

struct KeyRingCallTests {
    @Test("lets ten callers who want one new key share one call")
    func coalescedWrites() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let calls = fixture.provider.callCount
        fixture.provider.hold()
        let ids = try await withThrowingTaskGroup(of: RecordID.self) { group in
            for _ in 0..<10 { group.addTask { try await ring.write("demo", fixture).id } }
            await fixture.until { ring.writerLoads.followerCount == 9 }
            await fixture.until { fixture.provider.heldCount == 1 }
            fixture.provider.release()
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
        #expect(fixture.provider.callCount == calls + 1)
        #expect(fixture.records.names.filter { $0.hasPrefix("bk/") }.count == 1)
    }

    @Test("lets readers share one call, and one failure, and asks again after it")
    func coalescedReads() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let key = try await ring.write("demo", fixture)
        ring.clear()
        fixture.provider.fail(.accessDenied)
        fixture.provider.hold()
        let calls = fixture.provider.callCount
        let outcomes = await withTaskGroup(of: KMSError?.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    do throws(KMSError) {
                        _ = try await ring.bucketKey(id: key.id, bucket: "demo", use: .sseS3)
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            await fixture.until { ring.bucketKeyLoads.followerCount == 4 }
            await fixture.until { fixture.provider.heldCount == 1 }
            fixture.provider.release()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes == Array(repeating: KMSError.accessDenied, count: 5))
        #expect(fixture.provider.callCount == calls + 1)
        _ = try await ring.bucketKey(id: key.id, bucket: "demo", use: .sseS3)
    }

    @Test("goes on for the others when the caller that loads is cancelled")
    func cancelledLeader() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        fixture.provider.hold()
        let leader = Task { try await ring.write("demo", fixture) }
        await fixture.until { fixture.provider.heldCount == 1 }
        let follower = Task { try await ring.write("demo", fixture) }
        await fixture.until { ring.writerLoads.followerCount == 1 }
        leader.cancel()
        await #expect(throws: KMSError.cancelled) { try await leader.value }
        fixture.provider.release()
        _ = try await follower.value
    }

    @Test("keeps no key in memory that was loaded across a clearing")
    func clearWhileLoading() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        fixture.provider.hold()
        let load = Task { try await ring.write("demo", fixture) }
        await fixture.until { fixture.provider.heldCount == 1 }
        ring.clear()
        fixture.provider.release()
        _ = try await load.value
        #expect(ring.statistics(now: fixture.clock.now).entryCount == 0)
    }

    @Test("tries three times, with growing pauses, where no answer comes")
    func tries() async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let calls = fixture.provider.callCount
        fixture.provider.fail(.unreachable("a"), .timedOut, .unreachable("c"), .unreachable("d"))
        let known = fixture.clock.pauses.count
        let load = Task { try await ring.generateDataKey(under: fixture.keyID, context: .empty) }
        for pause in [Int64(99), 199] {
            await fixture.until { fixture.clock.pauses.dropFirst(known).contains(pause) }
            await fixture.until { fixture.clock.sleeperCount == 1 }
            fixture.clock.advance(milliseconds: pause)
        }
        await #expect(throws: KMSError.unreachable("c")) { try await load.value }
        #expect(fixture.provider.callCount == calls + 3)
        #expect(ring.lastError == .unreachable("c"))
        #expect(ring.statistics(now: fixture.clock.now).failedCallCount == 3)
    }

    @Test(
        "doesn't try again where an answer came",
        arguments: [KMSError.accessDenied, .ciphertextInvalid, .sealed]
    )
    func noTries(error: KMSError) async throws {
        let fixture = try await RingFixture()
        let ring = try await fixture.started()
        let calls = fixture.provider.callCount
        fixture.provider.fail(error)
        await #expect(throws: error) {
            try await ring.generateDataKey(under: fixture.keyID, context: .empty)
        }
        #expect(fixture.provider.callCount == calls + 1)
        _ = try await ring.generateDataKey(under: fixture.keyID, context: .empty)
        #expect(ring.lastError == nil)
    }

    @Test("gives a call up at its deadline")
    func deadline() async throws {
        var fixture = try await RingFixture()
        fixture.settings.tryCountMax = 1
        let ring = try await fixture.started()
        fixture.provider.hold()
        let keyID = fixture.keyID
        let load = Task { try await ring.generateDataKey(under: keyID, context: .empty) }
        let (provider, clock) = (fixture.provider, fixture.clock)
        await fixture.until { provider.heldCount == 1 && clock.sleeperCount == 1 }
        clock.advance(milliseconds: 4999)
        #expect(provider.heldCount == 1)
        clock.advance(milliseconds: 1)
        await #expect(throws: KMSError.timedOut) { try await load.value }
        #expect(ring.statistics(now: clock.now).callsInFlight == 0)
    }

    @Test("calls the KMS so many times at once, lets others wait, and refuses the rest")
    func limits() async throws {
        var fixture = try await RingFixture()
        fixture.settings.callCountMax = 2
        fixture.settings.waitingCallCountMax = 1
        let ring = try await fixture.started()
        fixture.provider.hold()
        let (provider, keyID) = (fixture.provider, fixture.keyID)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    _ = try await ring.generateDataKey(under: keyID, context: .empty)
                }
            }
            await fixture.until { provider.heldCount == 2 && ring.calls.gate.waiting == 1 }
            await #expect(throws: KMSError.overloaded) {
                try await ring.generateDataKey(under: keyID, context: .empty)
            }
            provider.release()
            try await group.waitForAll()
        }
        #expect(provider.inFlightMax == 2)
        #expect(ring.statistics(now: fixture.clock.now).callsInFlight == 0)
    }

    @Test("takes a cancelled caller out of the line")
    func cancelledWaiter() async throws {
        var fixture = try await RingFixture()
        fixture.settings.callCountMax = 1
        let ring = try await fixture.started()
        fixture.provider.hold()
        let (provider, keyID) = (fixture.provider, fixture.keyID)
        let first = Task { try await ring.generateDataKey(under: keyID, context: .empty) }
        await fixture.until { provider.heldCount == 1 }
        let second = Task { try await ring.generateDataKey(under: keyID, context: .empty) }
        await fixture.until { ring.calls.gate.waiting == 1 }
        second.cancel()
        await #expect(throws: KMSError.cancelled) { try await second.value }
        #expect(ring.calls.gate.waiting == 0)
        provider.release()
        _ = try await first.value
    }

    @Test("serves what is in memory while the KMS is down, until its lifetime ends")
    func outage() async throws {
        var fixture = try await RingFixture()
        fixture.settings.tryCountMax = 1
        let ring = try await fixture.started()
        let key = try await ring.write("demo", fixture)
        fixture.provider.isDown = true
        await #expect(throws: KMSError.unreachable("down")) { try await ring.probe() }
        fixture.clock.advance(seconds: 3599)
        #expect(ring.statistics(now: fixture.clock.now).readsSurviveOutageSeconds == 1)
        _ = try await ring.bucketKey(id: key.id, bucket: "demo", use: .sseS3)
        fixture.clock.advance(seconds: 1)
        await #expect(throws: KMSError.unreachable("down")) {
            try await ring.bucketKey(id: key.id, bucket: "demo", use: .sseS3)
        }
        fixture.provider.isDown = false
        try await ring.probe()
        _ = try await ring.bucketKey(id: key.id, bucket: "demo", use: .sseS3)
    }
}
