/// Pages of a listing that a KMS on the network gives by names alone.
extension KeyPage {
    /// Keys of a listing that are asked for at a time.
    private static let callCountMax = 8

    /// The page of `names` behind a marker, each key described.
    ///
    /// - Parameters:
    ///   - names: all names, in their order.
    ///   - limit: how many at most.
    ///   - marker: the name behind which the page begins.
    ///   - unreadable: names that no key can have.
    ///   - describe: what tells about a key.
    /// - Returns: the page.
    /// - Throws: what `describe` throws, but that a key is gone, or isn't Sealgate's kind.
    static func describing(
        _ names: [KeyID],
        limit: Int,
        after marker: KeyID?,
        unreadable: [String],
        _ describe: @escaping @Sendable (KeyID) async throws(KMSError) -> KeyMetadata
    ) async throws(KMSError) -> KeyPage {
        let rest = names.drop { id in marker.map { id <= $0 } ?? false }
        let wanted = rest.prefix(min(max(limit, 1), 1000))
        var page = KeyPage(keys: [], unreadable: unreadable)
        if rest.count > wanted.count { page.nextMarker = wanted.last }
        for outcome in await outcomes(wanted, describe) {
            do throws(KMSError) {
                page.keys.append(try outcome.result.get())
            } catch .keyNotFound {
                // Deleted since.
            } catch .invalidKeyID, .keyUnreadable, .misconfigured {
                page.unreadable.append(outcome.id.name)
            }
        }
        page.unreadable.sort()
        return page
    }

    // No tuple: a task group of tuples crashes in optimized builds of Swift 6.3.
    private struct Outcome: Sendable {
        var id: KeyID
        var result: Result<KeyMetadata, KMSError>
    }

    private static func outcomes(
        _ ids: ArraySlice<KeyID>,
        _ describe: @escaping @Sendable (KeyID) async throws(KMSError) -> KeyMetadata
    ) async -> [Outcome] {
        await withTaskGroup(of: Outcome.self) { group in
            var outcomes: [Outcome] = []
            for (index, id) in ids.enumerated() {
                if index >= callCountMax, let next = await group.next() { outcomes.append(next) }
                group.addTask {
                    do throws(KMSError) {
                        return Outcome(id: id, result: .success(try await describe(id)))
                    } catch {
                        return Outcome(id: id, result: .failure(error))
                    }
                }
            }
            for await outcome in group { outcomes.append(outcome) }
            return outcomes.sorted { $0.id < $1.id }
        }
    }
}
