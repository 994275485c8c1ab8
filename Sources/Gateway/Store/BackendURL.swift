/// The address of a foreign engine, as `https://host:port`.
struct BackendURL: Equatable, Sendable {
    /// Whether TLS is spoken.
    let isSecure: Bool
    /// A name or an address, without brackets.
    let host: String
    let port: Int
    /// `Host` of the requests: the port is left out where it is the scheme's own.
    let authority: String

    /// Reads an address; `nil` for other schemes, user information, paths and queries.
    init?(_ text: String) {
        let rest: Substring
        if text.lowercased().hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst(8)
        } else if text.lowercased().hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst(7)
        } else {
            return nil
        }
        let place = rest.hasSuffix("/") ? rest.dropLast() : rest
        let usual = isSecure ? 443 : 80
        var name = place
        var port = usual
        let end = place.lastIndex(of: "]").map { place.index(after: $0) } ?? place.startIndex
        if let colon = place[end...].lastIndex(of: ":") {
            let digits = place[place.index(after: colon)...]
            guard (1...5).contains(digits.utf8.count),
                digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits), (1...65_535).contains(number)
            else { return nil }
            port = number
            name = place[..<colon]
        }
        let isBracketed = name.hasPrefix("[") && name.hasSuffix("]")
        let host = isBracketed ? name.dropFirst().dropLast() : name
        guard !host.isEmpty, host.utf8.allSatisfy({ Self.isHostByte($0, isBracketed) }) else {
            return nil
        }
        self.host = String(host)
        self.port = port
        authority = port == usual ? String(name) : "\(name):\(port)"
    }

    /// The address as `https://host:port`.
    var text: String { "\(isSecure ? "https" : "http")://\(authority)" }

    /// Whether it can be nothing but this machine.
    var isLoopback: Bool {
        host == "localhost" || host == "::1"
            || (host.hasPrefix("127.")
                && host.utf8.allSatisfy { $0 == 0x2e || (0x30...0x39).contains($0) })
    }

    private static func isHostByte(_ byte: UInt8, _ isBracketed: Bool) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "."): true
        case UInt8(ascii: ":"): isBracketed
        default: false
        }
    }
}
