import ArgumentParser
import Daemon
import Dispatch
import Foundation
import Gateway
import Synchronization

/// What the tools that work without a gateway share.
enum Offline {
    /// Runs the work of a tool on a store; ends with code 1 where it can't be done.
    static func run(
        _ options: SettingOptions,
        _ work: @escaping @Sendable (OfflineStore) async throws -> Void
    ) throws {
        try run(with: options) { settings in
            let store = try await OfflineStore.open(settings)
            do {
                try await work(store)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }

    /// Runs the work of a tool with settings alone; ends with code 1 where it can't be done.
    static func run(
        with options: SettingOptions,
        _ work: @escaping @Sendable (Settings) async throws -> Void
    ) throws {
        let settings = try options.load()
        try wait { try await work(settings) }
    }

    /// Does asynchronous work; ends with code 1 where it can't be done.
    static func wait<Value: Sendable>(
        _ work: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        _ = ProcessHardening.apply()
        let ended = DispatchSemaphore(value: 0)
        let result = Mutex<Result<Value, any Error>?>(nil)
        Task {
            do {
                let value = try await work()
                result.withLock { $0 = .success(value) }
            } catch {
                result.withLock { $0 = .failure(error) }
            }
            ended.signal()
        }
        ended.wait()
        do {
            guard let value = try result.withLock({ try $0?.get() }) else { throw ExitCode(1) }
            return value
        } catch let error as GatewayStartError {
            throw failure(error.problem, error.hint)
        } catch let error as OfflineError {
            throw failure(error.problem, error.hint)
        }
    }

    /// Says what is wrong; gives what ends the program with code 1.
    static func failure(_ problem: String, _ hint: String?) -> ExitCode {
        Terminal.write(
            ["sealgate: error: \(problem)"] + (hint.map { ["sealgate: hint: \($0)"] } ?? [])
        )
        return ExitCode(1)
    }

    /// Prints a JSON object on a line of its own.
    static func print(_ json: [UInt8]) {
        FileHandle.standardOutput.write(Data(json + [0x0a]))
    }
}
