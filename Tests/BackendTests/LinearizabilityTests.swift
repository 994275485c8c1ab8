import S3Wire
import Synchronization
import TestSupport
import Testing

@testable import Backend

/// Clients that race for one key of a real store: what they were told has an order.
@Suite struct LinearizabilityTests {
    @Test(arguments: 0..<12)
    func `writes, copies, completes, deletes and reads of a key are linearizable`(
        seed: UInt64
    ) async throws {
        try await StoreFixture.run { store in
            let recorder = Recorder(store, source: try await store.put("source", [7]).etag)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<6 {
                    group.addTask {
                        try await recorder.work(SplitMix64(seed: seed << 8 | UInt64(client)))
                    }
                }
                try await group.waitForAll()
            }
            let history = recorder.history
            #expect(history.count == 60)
            #expect(LinearizabilityChecker.accepts(history), "seed \(seed): \(history)")
        }
    }

    @Test func `histories that have no order are refused`() {
        func wrote(_ etag: String, _ begin: Int, _ end: Int) -> KeyOperation {
            KeyOperation(action: .wrote(.always, etag: etag), begin: begin, end: end)
        }
        func did(_ action: KeyOperation.Action, _ begin: Int, _ end: Int) -> KeyOperation {
            KeyOperation(action: action, begin: begin, end: end)
        }
        let refused: [[KeyOperation]] = [
            // A read of what was overwritten before it began.
            [wrote("a", 1, 2), wrote("b", 3, 4), did(.read(found: "a"), 5, 6)],
            // Two readers, one behind the other, that see two writes the other way round.
            [
                wrote("a", 1, 2), wrote("b", 3, 8), did(.read(found: "b"), 4, 5),
                did(.read(found: "a"), 6, 7),
            ],
            // Two makers of one key.
            [
                did(.wrote(.absent, etag: "a"), 1, 4), did(.wrote(.absent, etag: "b"), 2, 3),
            ],
            // A refusal with nothing there.
            [did(.refused(.absent), 1, 2)],
            // A lost update.
            [
                wrote("a", 1, 2), did(.wrote(.matches("a"), etag: "b"), 3, 6),
                did(.wrote(.matches("a"), etag: "c"), 4, 5),
            ],
            // An object that outlives its delete.
            [wrote("a", 1, 2), did(.delete, 3, 4), did(.read(found: "a"), 5, 6)],
        ]
        for history in refused { #expect(!LinearizabilityChecker.accepts(history)) }
        let accepted: [[KeyOperation]] = [
            [wrote("a", 1, 2), wrote("b", 3, 6), did(.read(found: "a"), 4, 5)],
            [wrote("a", 1, 6), did(.read(found: nil), 2, 3), did(.read(found: "a"), 4, 5)],
            [wrote("a", 1, 4), did(.delete, 2, 3), did(.read(found: "a"), 5, 6)],
        ]
        for history in accepted { #expect(LinearizabilityChecker.accepts(history)) }
    }
}

/// Records what clients do to `/b/k`.
private final class Recorder: Sendable {
    private let store: StoreFixture
    /// The ETag of `/b/source`, which is never changed.
    private let source: String
    private let time = Atomic<Int>(0)
    private let operations = Mutex<[KeyOperation]>([])

    init(_ store: StoreFixture, source: String) {
        self.store = store
        self.source = source
    }

    var history: [KeyOperation] { operations.withLock { $0 } }

    func work(_ chance: SplitMix64) async throws {
        var chance = chance
        var known: String?
        for _ in 0..<10 {
            let begin = now()
            let action: KeyOperation.Action
            switch chance.next() % 12 {
            case 0: action = try await remove()
            case 1, 2: action = try await complete(&chance)
            case 3, 4, 5:
                action = try await read()
                if case .read(let found) = action { known = found }
            case 6: action = try await write(.absent, &chance)
            case 7, 8: action = try await write(known.map { .matches($0) } ?? .always, &chance)
            case 9: action = try await copy("source", source, known.map { .matches($0) } ?? .absent)
            case 10: action = try await copyOntoItself(known ?? "none")
            default: action = try await write(.always, &chance)
            }
            let end = now()
            operations.withLock { $0.append(.init(action: action, begin: begin, end: end)) }
        }
    }

    private func now() -> Int { time.add(1, ordering: .sequentiallyConsistent).newValue }

    private func remove() async throws -> KeyOperation.Action {
        #expect(try await store.client.send(.delete, "/b/k").status == 204)
        return .delete
    }

    private func read() async throws -> KeyOperation.Action {
        let answer = try await store.client.send(.get, "/b/k")
        #expect(answer.status == 200 || answer.status == 404)
        return .read(found: answer.status == 200 ? answer.etag : nil)
    }

    private func write(
        _ rule: KeyOperation.WriteRule,
        _ chance: inout SplitMix64
    ) async throws -> KeyOperation.Action {
        // Half of them stand in the index, half in files.
        let body = chance.bytes(chance.next() % 2 == 0 ? 10 : 40_000)
        return outcome(rule, try await store.put("k", body, Self.fields(rule)))
    }

    private func complete(_ chance: inout SplitMix64) async throws -> KeyOperation.Action {
        let upload = try await store.beginUpload("k")
        let part = try await store.putPart(1, of: upload, "k", chance.bytes(40_000))
        let rule: KeyOperation.WriteRule = chance.next() % 2 == 0 ? .always : .absent
        let parts = [(1, part.etag)]
        return outcome(rule, try await store.complete(upload, "k", parts, Self.fields(rule)))
    }

    private func copy(
        _ key: String,
        _ etag: String,
        _ rule: KeyOperation.WriteRule
    ) async throws -> KeyOperation.Action {
        let fields = [
            ("x-sealgate-copy-source", "b/\(key)"), ("x-sealgate-copy-if-match", "\"\(etag)\""),
        ]
        let answer = try await store.client.send(
            .put,
            "/b/k?sealgate-copy",
            fields + Self.fields(rule)
        )
        return outcome(rule, answer)
    }

    /// A write on condition that the key holds what is copied.
    private func copyOntoItself(_ etag: String) async throws -> KeyOperation.Action {
        switch try await copy("k", etag, .always) {
        case .wrote(_, let new): .wrote(.matches(etag), etag: new)
        default: .refused(.matches(etag))
        }
    }

    private func outcome(
        _ rule: KeyOperation.WriteRule,
        _ answer: StoreAnswer
    ) -> KeyOperation.Action {
        switch answer.status {
        case 200: return .wrote(rule, etag: answer.writtenETag)
        // If-Match on what isn't there is 404, on something else 412, of a copy's source 409.
        case 404, 409, 412: return .refused(rule)
        default:
            Issue.record("status \(answer.status)")
            return .refused(rule)
        }
    }

    private static func fields(_ rule: KeyOperation.WriteRule) -> [(String, String)] {
        switch rule {
        case .always: []
        case .absent: [("if-none-match", "*")]
        case .matches(let etag): [("if-match", "\"\(etag)\"")]
        }
    }
}

extension StoreAnswer {
    /// The ETag of what a write made, of PutObject's header or Complete's document.
    fileprivate var writtenETag: String {
        if fields["etag"] != nil { return etag }
        guard let start = text.range(of: "<ETag>"), let end = text.range(of: "</ETag>") else {
            return ""
        }
        let quoted = text[start.upperBound..<end.lowerBound]
        return EntityTag.unquoted(String(quoted).replacing("&quot;", with: "\""))
    }
}
