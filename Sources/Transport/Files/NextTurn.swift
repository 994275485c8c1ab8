internal import Glibc
internal import NIOCore
internal import NIOPosix

/// What calls in the next turn of an event loop.
protocol TurnSource: AnyObject {
    /// Whether turns can be asked for.
    var isReady: Bool { get }

    /// Asks for the next turn, once.
    func ask()
}

/// Calls its owner in the event loop's next turn, together with the sockets that are ready then.
///
/// `execute` doesn't: the loop runs what is handed to it until nothing is left, and looks at no
/// socket before. A byte in a pipe is seen when sockets are. Bound to its event loop.
final class NextTurn: TurnSource {
    private let writeEnd: Int32
    private var channel: (any Channel)?
    private var isDue = false

    /// Makes the pipe; `called` is called once for each turn that was asked for.
    ///
    /// `nil` where the process can open nothing more.
    init?(on eventLoop: any EventLoop, called: @escaping () -> Void) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { return nil }
        writeEnd = ends[1]
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        let handler = NIOLoopBound(
            TurnHandler { [weak self] in self?.come(called) },
            eventLoop: eventLoop
        )
        let readEnd = ends[0]
        NIOPipeBootstrap(group: eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler.value)
                }
            }
            .takingOwnershipOfDescriptor(input: readEnd)
            .assumeIsolated().whenComplete { result in
                switch result {
                case .success(let channel): self.channel = channel
                case .failure: close(readEnd)
                }
            }
    }

    // The other end closes when it sees that.
    deinit { close(writeEnd) }

    var isReady: Bool { channel != nil }

    func ask() {
        guard !isDue else { return }
        isDue = true
        _ = unsafe write(writeEnd, "t", 1)
    }

    private func come(_ called: () -> Void) {
        isDue = false
        called()
    }
}

private final class TurnHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let come: () -> Void

    init(_ come: @escaping () -> Void) { self.come = come }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { come() }
}
