import Glibc
import Testing

@testable import Daemon

@Suite
struct ServiceNotificationTests {
    @Test("the state comes as one datagram, also in the abstract namespace", arguments: ["", "@"])
    func sent(prefix: String) throws {
        let folder = try TemporaryFolder()
        let path = prefix.isEmpty ? folder.path + "/notify" : prefix + folder.path
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        if !prefix.isEmpty { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let size = MemoryLayout.offset(of: \sockaddr_un.sun_path).map { $0 + name.count } ?? 0
        let bound = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(size))
            }
        }
        try #require(bound == 0)
        #expect(ServiceNotification.ready.send(to: path))
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        #expect(String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self) == "READY=1")
    }

    @Test(
        "nothing is sent where nobody listens or the path is none",
        arguments: ["/nonexistent/notify", "notify", "", "/" + String(repeating: "a", count: 108)]
    )
    func notSent(path: String) { #expect(!ServiceNotification.stopping.send(to: path)) }
}
