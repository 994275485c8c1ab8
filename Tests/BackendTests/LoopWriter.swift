import NIOCore
import Synchronization

@testable import Backend

/// A `BodyWriter` on its event loop, for tests, which run elsewhere.
struct LoopWriter: Sendable {
    /// What a writer told between calls.
    final class Told: Sendable {
        private let state = Mutex((credit: 0, failure: StoreError?.none))

        var credit: Int { state.withLock { $0.credit } }
        var failure: StoreError? { state.withLock { $0.failure } }

        fileprivate func credited(_ count: Int) { state.withLock { $0.credit += count } }
        fileprivate func failed(_ error: StoreError) { state.withLock { $0.failure = error } }
    }

    let told = Told()
    private let loop: any EventLoop
    private let writer: NIOLoopBound<BodyWriter>

    init(
        _ files: BodyFiles,
        _ limits: BodyWriter.Limits,
        size: Int64? = nil,
        on loop: any EventLoop
    ) async throws {
        self.loop = loop
        writer = try await loop.submit { [told] in
            let report = BodyWriter.Report(
                credited: { told.credited($0) },
                failed: { told.failed($0) }
            )
            let writer = BodyWriter(files: files, limits: limits, size: size, on: loop, report)
            return NIOLoopBound(writer, eventLoop: loop)
        }.get()
    }

    /// Answers what was credited at once; `told` has it, too.
    @discardableResult
    func append(_ bytes: [UInt8]) async throws -> Int {
        try await loop.submit { [writer, told] in
            let count = try writer.value.append(bytes.span)
            told.credited(count)
            return count
        }.get()
    }

    func finish() async throws -> NewBody {
        try await loop.submit { [writer] in writer.value.finish() }.flatMap { $0 }.get()
    }

    func discard() async {
        _ = try? await loop.submit { [writer] in writer.value.discard() }.get()
    }
}
