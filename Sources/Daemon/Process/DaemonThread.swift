import Glibc

/// A thread for work that blocks, apart from the event loops and the shared pool.
struct DaemonThread: Sendable {
    /// The system refused to make a thread.
    struct StartError: Error {}

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let handle: pthread_t

    /// Starts a thread that ends when `body` returns.
    init(_ body: @escaping @Sendable () -> Void) throws(StartError) {
        var handle = pthread_t()
        let boxed = unsafe Unmanaged.passRetained(Body(body))
        let code = unsafe pthread_create(
            &handle,
            nil,
            { argument in
                guard let argument = unsafe argument else { return nil }
                unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            boxed.toOpaque()
        )
        guard code == 0 else {
            unsafe boxed.release()
            throw StartError()
        }
        self.handle = handle
    }

    /// Waits for its end; once, and from another thread.
    func join() { _ = pthread_join(handle, nil) }

    /// Sends it a signal.
    func send(signal: Int32) { _ = pthread_kill(handle, signal) }
}
