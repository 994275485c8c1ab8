import Glibc

/// Tells systemd how far the process is, where the unit has `Type=notify`.
///
/// One datagram to the Unix socket that the variable `NOTIFY_SOCKET` names; without the variable
/// nothing is sent. Source: sd_notify(3).
public enum ServiceNotification: String, Sendable {
    /// Ready to serve: units ordered after this one start now.
    case ready = "READY=1"
    /// Began to stop.
    case stopping = "STOPPING=1"

    /// Sends it; says whether it was sent.
    @discardableResult
    public func send() -> Bool {
        guard let name = unsafe getenv("NOTIFY_SOCKET") else { return false }
        return send(to: unsafe String(cString: name))
    }

    /// Sends it to the socket of that path; `@` before it stands for the abstract namespace.
    func send(to path: String) -> Bool {
        var name = Array(path.utf8)
        var address = sockaddr_un()
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard let first = name.first, first == UInt8(ascii: "/") || first == UInt8(ascii: "@"),
            name.count < room
        else { return false }
        if first == UInt8(ascii: "@") { name[0] = 0 }
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
        let size = MemoryLayout<sockaddr_un>.size - room + name.count
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(rawValue.utf8)
        let sent = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe sendto(descriptor, bytes, bytes.count, 0, address, socklen_t(size))
            }
        }
        return sent == bytes.count
    }
}
