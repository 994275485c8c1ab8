internal import Encoding
internal import HTTPWire

/// What stands beside a key, in a KV engine.
extension VaultKeyProvider {
    /// The labels of a key and their version, none and 0 where there are none.
    func labels(
        _ id: KeyID
    ) async throws(KMSError) -> (labels: VaultLabels, version: Int64) {
        guard let path = labelPath(id) else { return (VaultLabels(), 0) }
        let reply = try await session.send(.get, path)
        let version = reply.data?["metadata"]?["version"]?.integer ?? 0
        if reply.status == 404, reply.problem.isEmpty { return (VaultLabels(), version) }
        try reply.requireSuccess()
        guard let data = reply.data?["data"], let labels = VaultLabels(data) else {
            throw .keyUnreadable(id)
        }
        return (labels, version)
    }

    /// Changes the labels, unless somebody else changed them meanwhile.
    func changeLabels(
        _ id: KeyID,
        _ change: (VaultLabels) throws(KMSError) -> VaultLabels
    ) async throws(KMSError) -> VaultLabels {
        guard let path = labelPath(id) else { throw .notSupported }
        let (labels, version) = try await labels(id)
        let changed = try change(labels)
        guard changed != labels else { return labels }
        // Only where nobody changed them since they were read.
        let options: JSONValue = ["cas": .integer(version)]
        let reply = try await session.send(
            .post,
            path,
            ["data": changed.json, "options": options]
        )
        if reply.status == 400, reply.problem.contains("check-and-set") {
            throw .unreachable("somebody else changed key \(id) at the same time; try again")
        }
        try reply.requireSuccess()
        return changed
    }

    private func labelPath(_ id: KeyID) -> String? {
        settings.metadataMount.map { "\($0)/data/\(settings.metadataPrefix)/\(id.name)" }
    }
}
