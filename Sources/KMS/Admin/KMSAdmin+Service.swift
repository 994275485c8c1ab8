internal import Encoding

extension KMSAdmin {
    /// `GET /kms/status`; `healthy` after a data key was wrapped and unwrapped just now.
    func status() async -> KMSAdminAnswer {
        var failure: KMSError?
        if ring.isRunning {
            do throws(KMSError) { try await ring.probe() } catch { failure = error }
        }
        let state =
            if !ring.isRunning { "Configured" } else { failure == nil ? "Running" : "Error" }
        let settings = ring.settings
        let statistics = ring.statistics(now: ring.environment.now())
        let survives = statistics.readsSurviveOutageSeconds.map { JSONValue.integer($0) }
        return KMSAdminAnswer([
            "status": .string(state),
            "backend_type": .string(ring.provider.kind.rawValue),
            "healthy": .boolean(ring.isRunning && failure == nil),
            "config_summary": [
                "backend_type": .string(ring.provider.kind.rawValue),
                "default_key_id": defaultKeyID,
                "timeout_seconds": .integer(settings.tryDeadlineMilliseconds / 1000),
                "retry_attempts": .integer(Int64(settings.tryCountMax)),
                "enable_cache": .boolean(settings.cacheEnabled),
                "cache_summary": [
                    "max_keys": .integer(Int64(settings.cachedKeyCountMax)),
                    "ttl_seconds": .integer(settings.dataKeyLifetimeSeconds),
                    "enable_metrics": true,
                ],
                "backend_summary": .object(ring.provider.summary),
            ],
            "cache": cache(statistics),
            "reads_survive_outage_seconds": survives ?? nil,
            "token_expires_in_seconds": ring.provider.tokenExpiresInSeconds
                .map { .integer($0) } ?? nil,
            "last_error": (failure ?? ring.lastError).map { .string($0.explanation) } ?? nil,
            "unreadable_records": .array(ring.unreadableRecords.map { .string($0) }),
            "retired_backends": .array(await services?.retired() ?? []),
        ])
    }

    /// `GET /kms/config`.
    func config() async -> KMSAdminAnswer {
        let members = [
            JSONMember("backend", .string(ring.provider.kind.rawValue)),
            JSONMember("cache_enabled", .boolean(ring.settings.cacheEnabled)),
            JSONMember("cache_max_keys", .integer(Int64(ring.settings.cachedKeyCountMax))),
            JSONMember("cache_ttl_seconds", .integer(ring.settings.dataKeyLifetimeSeconds)),
            JSONMember("default_key_id", defaultKeyID),
        ]
        return KMSAdminAnswer(.object(members + (await services?.configuration() ?? [])))
    }

    /// `POST /kms/configure`: while the KMS is stopped, and without starting it.
    func configure(_ body: [UInt8]) async throws(KMSAdminError) -> KMSAdminAnswer {
        guard !ring.isRunning else {
            throw .conflict("the KMS is running; POST /kms/reconfigure, or POST /kms/stop first")
        }
        let said = try await services?.configure(try members(body), proving: false) ?? []
        return service("the KMS is configured", status: "Configured", said)
    }

    /// `POST /kms/reconfigure`: at once, after a probe; what was stopped is started.
    func reconfigure(_ body: [UInt8]) async throws(KMSAdminError) -> KMSAdminAnswer {
        let said = try await services?.configure(try members(body), proving: true) ?? []
        if !ring.isRunning {
            do throws(KMSError) { try await ring.start() } catch { throw KMSAdminError(error) }
        }
        return service("the KMS is reconfigured and running", status: "Running", said)
    }

    /// `POST /kms/start`.
    func start() async throws(KMSAdminError) -> KMSAdminAnswer {
        if !ring.isRunning {
            do throws(KMSError) { try await ring.start() } catch { throw KMSAdminError(error) }
        }
        return service("the KMS is running", status: "Running")
    }

    /// `POST /kms/stop`.
    func stop() -> KMSAdminAnswer {
        ring.stop()
        return service("the KMS is stopped; attribute keys stay", status: "Configured")
    }

    private func service(
        _ message: String,
        status: String,
        _ others: [JSONMember] = []
    ) -> KMSAdminAnswer {
        let members = [
            JSONMember("success", true), JSONMember("message", .string(message)),
            JSONMember("status", .string(status)),
        ]
        return KMSAdminAnswer(.object(members + others))
    }

    private func cache(_ statistics: KeyRingStatistics) -> JSONValue {
        let expires = statistics.oldestExpiresInSeconds.map { JSONValue.integer($0) }
        return [
            "entries": .integer(Int64(statistics.entryCount)),
            "hits": .integer(Int64(clamping: statistics.hitCount)),
            "misses": .integer(Int64(clamping: statistics.missCount)),
            "oldest_expires_in_seconds": expires ?? nil,
        ]
    }

    private var defaultKeyID: JSONValue {
        ring.settings.defaultKeyID.map { .string($0.name) } ?? nil
    }
}
