import HTTPWire
import NIOCore
import Transport

/// The server's end of a request whose transport is the test itself.
final class FakeExchange: HTTPServerExchange {
    let eventLoop: any EventLoop
    let peer: PeerInfo
    var isWritable = true

    private(set) var head: HTTPResponseHead?
    private(set) var body: [UInt8] = []
    private(set) var isEnded = false
    private(set) var isReset = false
    private(set) var isIgnoring = false
    private(set) var continueCount = 0
    /// Bytes of the request's body that credit was given for.
    private(set) var consumedCount = 0
    /// Calls that came after the end, or before the head.
    private(set) var misuses: [String] = []

    /// Called whenever credit was given, by which more of the body may come at once.
    var onConsume: (() -> Void)?
    /// Called once, when the response ended or was broken off.
    var onEnd: (() -> Void)?

    init(_ eventLoop: any EventLoop, isSecure: Bool = true) {
        self.eventLoop = eventLoop
        peer = PeerInfo(address: "192.0.2.7", isSecure: isSecure, tlsVersion: "TLSv1.3")
    }

    var status: Int? { head?.status }
    var text: String { String(decoding: body, as: UTF8.self) }
    var isOver: Bool { isEnded || isReset }

    func field(_ name: String) -> String? { head?.fields[name] }

    func sendContinue() {
        if head != nil { misuses.append("100 after the head") }
        continueCount += 1
    }

    func sendHead(_ head: HTTPResponseHead, end: Bool) {
        guard self.head == nil, !isOver else { return misuses.append("second head") }
        self.head = head
        if end { finish() }
    }

    func sendBody(_ body: ByteBuffer) {
        guard head != nil, !isOver else { return misuses.append("body") }
        self.body += Array(body.readableBytesView)
    }

    func sendFile(_ region: FileRegion) { misuses.append("file") }

    func sendEnd(trailers: HTTPFields?) {
        guard head != nil, !isOver else { return misuses.append("end") }
        finish()
    }

    func reset() {
        guard !isOver else { return }
        isReset = true
        onEnd?()
        onEnd = nil
    }

    func consume(_ count: Int) {
        consumedCount += count
        onConsume?()
    }

    func ignoreRequestBody() { isIgnoring = true }

    private func finish() {
        isEnded = true
        onEnd?()
        onEnd = nil
    }
}
