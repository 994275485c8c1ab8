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
        ])
    }

    /// `GET /kms/config`.
    func config() -> KMSAdminAnswer {
        KMSAdminAnswer([
            "backend": .string(ring.provider.kind.rawValue),
            "cache_enabled": .boolean(ring.settings.cacheEnabled),
            "cache_max_keys": .integer(Int64(ring.settings.cachedKeyCountMax)),
            "cache_ttl_seconds": .integer(ring.settings.dataKeyLifetimeSeconds),
            "default_key_id": defaultKeyID,
        ])
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

    private func service(_ message: String, status: String) -> KMSAdminAnswer {
        KMSAdminAnswer([
            "success": true, "message": .string(message), "status": .string(status),
        ])
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
