/// A host and a port, as `127.0.0.1:9000` or `[::1]:9000`.
public struct HostPort: Hashable, Sendable, CustomStringConvertible {
    /// A host name or a numeric address, without brackets.
    public var host: String
    /// 0...65,535; 0 lets the system choose.
    public var port: Int

    /// A host and a port.
    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `host:port` or `[address]:port`; `nil` for anything else.
    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        var host = text[..<colon]
        guard (1...5).contains(digits.utf8.count),
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let port = Int(digits), port <= 65_535
        else { return nil }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":") else { return nil }
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x2f }) else {
            return nil
        }
        self.init(host: String(host), port: port)
    }

    /// The form that is read back.
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// One entry of a setting that is a list of maps, as one of `credentials`.
public struct SettingRecord: Equatable, Sendable {
    var values: [String: SettingValue]

    /// The value of a field; its default where the entry doesn't have it.
    public subscript<Value>(field: SettingKey<Value>) -> Value {
        field.value(from: values[field.declaration.name])
    }
}

/// A setting's value, after it was checked against its kind.
enum SettingValue: Equatable, Sendable {
    case absent
    case boolean(Bool)
    case duration(Duration)
    case hostPort(HostPort)
    case list([String])
    case number(Int)
    case records([SettingRecord])
    case secret(SecretText)
    case text(String)
}
