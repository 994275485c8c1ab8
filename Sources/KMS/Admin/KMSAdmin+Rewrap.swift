internal import Encoding

extension KMSAdmin {
    /// `POST /kms/rewrap`.
    func beginRewrap(_ body: [UInt8]) async throws(KMSAdminError) -> KMSAdminAnswer {
        try requireRunning()
        guard let services else { throw .notImplemented("there is no store to rewrap") }
        return KMSAdminAnswer(try await services.beginRewrap(try members(body)))
    }

    /// `GET /kms/rewrap/{job}`.
    func rewrap(_ job: String) async throws(KMSAdminError) -> KMSAdminAnswer {
        guard let services else { throw .notFound("there is no job \(job)") }
        return KMSAdminAnswer(try await services.rewrap(job))
    }

    /// `GET /kms/usage`.
    func usage() async throws(KMSAdminError) -> KMSAdminAnswer {
        guard let services else { throw .notImplemented("there is no store to look through") }
        return KMSAdminAnswer(try await services.usage())
    }

    private func requireRunning() throws(KMSAdminError) {
        guard ring.isRunning else { throw KMSAdminError(.stopped) }
    }
}
