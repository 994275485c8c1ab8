internal import Encoding

/// What makes the codes that chain audit events, and how a later reader comes to its key.
///
/// Injected, because this target links no cryptography.
public struct AuditSeal: Sendable {
    /// The code of a line: keyed, over the code before it and the line itself; `nil` where
    /// cryptography failed.
    public typealias Code = @Sendable (_ previous: [UInt8], _ line: [UInt8]) -> [UInt8]?

    /// The bytes of a code.
    public static let codeCount = 32

    let keyID: String
    let wrappedKey: [UInt8]
    let code: Code

    /// A seal from its parts.
    ///
    /// - Parameters:
    ///   - keyID: the KMS key that wraps the seal's key.
    ///   - wrappedKey: the seal's key, wrapped; it stands in every file.
    ///   - code: makes codes of `codeCount` bytes.
    public init(keyID: String, wrappedKey: [UInt8], code: @escaping Code) {
        self.keyID = keyID
        self.wrappedKey = wrappedKey
        self.code = code
    }
}

/// Where a chain of events stands: how many there were, and the code of the last one.
///
/// A line is `{"seq":N,…,"chain":"HEX"}`; its code is over the code before it and the line's bytes
/// up to the comma before `"chain"`.
struct AuditChain: Equatable, Sendable {
    var sequence: UInt64 = 0
    var code = [UInt8](repeating: 0, count: AuditSeal.codeCount)

    static let separator = Array(#","chain":""#.utf8)
    private static let start = Array(#"{"seq":"#.utf8)
    private static let end = Array("\"}\n".utf8)

    /// The event as the chain's next line.
    ///
    /// - Parameters:
    ///   - event: a JSON object with at least one member, and a line feed.
    ///   - seal: what makes the code.
    ///   - output: where the line is added.
    /// - Returns: `false`, with nothing changed, where no code could be made.
    mutating func link(
        _ event: ArraySlice<UInt8>,
        _ seal: AuditSeal.Code,
        into output: inout [UInt8]
    ) -> Bool {
        var line: [UInt8] = []
        line.reserveCapacity(event.count + 110)
        line += Self.start
        line += String(sequence &+ 1).utf8
        line.append(UInt8(ascii: ","))
        line += event.dropFirst().dropLast(2)
        guard let next = seal(code, line), next.count == AuditSeal.codeCount else { return false }
        sequence &+= 1
        code = next
        output += line
        output += Self.separator
        output += Hex.encode(next).utf8
        output += Self.end
        return true
    }
}

/// One line of an audit file, as far as the chain is concerned.
struct AuditLine: Equatable, Sendable {
    /// What the code is over, besides the code before it.
    var bytes: [UInt8]
    var sequence: UInt64
    var code: [UInt8]
    var operation: String
    private var members: [JSONMember]

    /// A line without its line feed; `nil` for what no chain has.
    init?(_ text: [UInt8]) {
        let tailCount = AuditChain.separator.count + 2 * AuditSeal.codeCount + 2
        guard text.count > tailCount, let members = (try? JSONValue(reading: text))?.object else {
            return nil
        }
        let tail = text.suffix(tailCount)
        guard tail.starts(with: AuditChain.separator),
            let code = Hex.decode(tail.dropFirst(AuditChain.separator.count).dropLast(2)),
            code.count == AuditSeal.codeCount,
            // In one spelling: what no code is over can't be written otherwise.
            tail.dropFirst(AuditChain.separator.count).elementsEqual(
                (Hex.encode(code) + "\"}").utf8
            ),
            let number = members.first, number.name == "seq", let value = number.value.integer,
            value > 0
        else { return nil }
        bytes = Array(text.dropLast(tailCount))
        sequence = UInt64(value)
        self.code = code
        self.members = members
        operation = members.first { $0.name == "operation" }?.value.string ?? ""
    }

    /// The chain as it stands behind this line.
    var chain: AuditChain { AuditChain(sequence: sequence, code: code) }

    /// The key that seals from here on; `nil` for a line that begins nothing.
    var wrappedKey: (keyID: String, wrapped: [UInt8])? {
        guard operation == AuditEvent.begin, let keyID = text("key_id"),
            let wrapped = text("wrapped_key").flatMap({ Base64.decode($0) })
        else { return nil }
        return (keyID, wrapped)
    }

    /// The code before this line, where the line says it.
    var previous: [UInt8]? { text("previous").flatMap { Hex.decode($0) } }

    /// Bytes of a torn line before it, which was found when the chain was taken up again.
    var tornCount: Int? {
        members.first { $0.name == "torn_bytes" }?.value.integer.flatMap { Int(exactly: $0) }
    }

    /// Whether the run before this line ended without a last event.
    var endsCrash: Bool { text("reason") != nil }

    /// Events that were lost before this line.
    var lostCount: Int64 {
        guard operation == AuditEvent.lost else { return 0 }
        return members.first { $0.name == "lines" }?.value.integer ?? 0
    }

    private func text(_ name: String) -> String? {
        members.first { $0.name == name }?.value.string
    }
}

/// The events that the stream has of itself.
enum AuditEvent {
    /// A file or a run begins.
    static let begin = "audit:begin"
    /// The run ends as it should.
    static let end = "audit:end"
    /// Events were lost before this one.
    static let lost = "audit:lost"
}
