import Crypto
import Encoding
import Foundation
import HTTPWire
import Testing

@testable import SigV4

/// A signed request of `Fixtures/sigv4`.
struct SignedRequestFixture: CustomTestStringConvertible, Sendable {
    enum Failure: Error { case unreadable(String) }

    var name: String
    var values: [String: String]
    var head: HTTPRequestHead

    var testDescription: String { name }

    static let known: Set<String> = [
        "access-key", "expect", "now", "payload", "region", "secret", "service", "token",
    ]

    static func all(in folder: String) throws -> [SignedRequestFixture] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Fixtures/sigv4/\(folder)")
        let names = try FileManager.default.contentsOfDirectory(atPath: root.path())
        return try names.filter { $0.hasSuffix(".txt") }.sorted().map {
            try SignedRequestFixture(name: $0, data: Data(contentsOf: root.appending(path: $0)))
        }
    }

    init(name: String, data: Data) throws {
        self.name = name
        var lines = data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }[...]
        values = [:]
        while let line = lines.popFirst(), !line.isEmpty {
            let parts = line.split(separator: ": ", maxSplits: 1)
            guard parts.count == 2, Self.known.contains(String(parts[0])) else {
                throw Failure.unreadable(line)
            }
            values[String(parts[0])] = String(parts[1])
        }
        guard let request = lines.popFirst()?.split(separator: " "), request.count == 3 else {
            throw Failure.unreadable(name)
        }
        head = HTTPRequestHead(
            method: HTTPMethod(String(request[0])),
            target: String(request[1]),
            authority: ""
        )
        for line in lines where !line.isEmpty {
            guard let colon = line.firstIndex(of: ":") else { throw Failure.unreadable(line) }
            let value = line[line.index(after: colon)...].dropFirst()
            head.fields.append(String(line[..<colon]), String(value))
        }
        head.authority = head.fields["host"] ?? ""
    }

    var accessKey: String { values["access-key"] ?? "" }
    var secret: [UInt8] { Array((values["secret"] ?? "").utf8) }
    var region: String { values["region"] ?? "" }
    var service: String { values["service"] ?? "" }
    var now: Timestamp { Timestamp(basicISO8601: values["now"] ?? "") ?? Timestamp(seconds: 0) }

    /// Parses and verifies as the gateway does, with anything exchanged.
    func verify(
        _ head: HTTPRequestHead? = nil,
        secret: [UInt8]? = nil,
        regions: [String]? = nil,
        service: String? = nil,
        now: Timestamp? = nil
    ) throws(SigV4Error) -> SigV4Identity? {
        let head = head ?? self.head
        guard let authorization = try SigV4Authorization.parse(head: head) else { return nil }
        let verifier = SigV4Verifier(
            regions: regions ?? [region],
            service: service ?? self.service
        )
        let secret = secret ?? self.secret
        return try verifier.verify(
            authorization,
            head: head,
            secret: secret.span,
            now: now ?? self.now
        )
    }
}

/// What `body` throws, `nil` where it doesn't.
func failure(_ body: () throws(SigV4Error) -> Void) -> SigV4Error? {
    do throws(SigV4Error) {
        try body()
        return nil
    } catch {
        return error
    }
}

extension HTTPFields {
    /// The fields, with the one at a position exchanged, or left out for `nil`.
    func replacing(_ position: Int, by value: [UInt8]?) -> HTTPFields {
        var fields = HTTPFields()
        for index in 0..<count {
            let name = Array(nameBytes(at: index))
            if index != position {
                let value = Array(valueBytes(at: index))
                fields.append(name: name.span, value: value.span)
            } else if let value {
                fields.append(name: name.span, value: value.span)
            }
        }
        return fields
    }
}
