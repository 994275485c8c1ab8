internal import Synchronization

/// Calls to a provider under limits: how many at a time, how long each try, how many tries.
final class ProviderCalls: Sendable {
    struct Counts {
        var callCount: UInt64 = 0
        var failedCallCount: UInt64 = 0
        var lastError: KMSError?
    }

    let gate: CallGate
    private let settings: KeyRingSettings
    private let environment: KeyRingEnvironment
    private let state = Mutex(Counts())

    init(settings: KeyRingSettings, environment: KeyRingEnvironment) {
        gate = CallGate(
            callCountMax: settings.callCountMax,
            waitingCountMax: settings.waitingCallCountMax
        )
        self.settings = settings
        self.environment = environment
    }

    var counts: Counts { state.withLock { $0 } }
    var inFlight: Int { gate.inFlight }

    /// One call, tried again after a pause where no answer came.
    ///
    /// Only for calls that may be repeated: a data key that nobody got is forgotten, unwrapping and
    /// describing change nothing.
    func repeating<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(KMSError) -> Value
    ) async throws(KMSError) -> Value {
        var tryCount = 1
        while true {
            do throws(KMSError) {
                return try await once(body)
            } catch {
                guard error.isTransient, tryCount < settings.tryCountMax else { throw error }
            }
            // The whole pause is chance, so that callers who failed together don't return together.
            let longest = settings.pauseMilliseconds << Int64(min(tryCount - 1, 16))
            let pause = longest > 0 ? environment.random(longest) : 0
            guard await environment.sleep(pause) else { throw .cancelled }
            tryCount += 1
        }
    }

    /// One call, one try.
    func once<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(KMSError) -> Value
    ) async throws(KMSError) -> Value {
        let sleep = environment.sleep
        let deadline = settings.tryDeadlineMilliseconds
        let outcome = await withTaskGroup(of: Result<Value, KMSError>.self) { group in
            group.addTask { await self.admitted(body) }
            group.addTask { .failure(await sleep(deadline) ? .timedOut : .cancelled) }
            let first = await group.next() ?? .failure(.cancelled)
            group.cancelAll()
            return first
        }
        state.withLock { counts in
            if case .failure(.leftAlone) = outcome { return }
            counts.callCount += 1
            switch outcome {
            case .success: counts.lastError = nil
            case .failure(.cancelled): break
            case .failure(let error):
                counts.failedCallCount += 1
                counts.lastError = error
            }
        }
        return try outcome.get()
    }

    private func admitted<Value: Sendable>(
        _ body: @Sendable () async throws(KMSError) -> Value
    ) async -> Result<Value, KMSError> {
        do throws(KMSError) {
            try await gate.enter()
            defer { gate.leave() }
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}
