import Encoding

/// How many objects were proven, by verdict and by mode.
public struct ProofSummary: Equatable, Sendable {
    private var objects: Int64 = 0
    /// Objects that aren't what was sealed.
    public private(set) var broken: Int64 = 0
    private var opened: Int64 = 0
    private var unopened: Int64 = 0
    private var modes: [String: Int64] = [:]

    /// A summary of nothing.
    public init() {}

    /// Counts one object.
    public mutating func count(_ report: ObjectReport) {
        objects += 1
        switch report.verdict {
        case .broken: broken += 1
        case .opened: opened += 1
        case .unopened: unopened += 1
        case .wellFormed: break
        }
        if let mode = report.mode { modes[mode, default: 0] += 1 }
    }

    /// One JSON object; with `deep`, how many were opened.
    public func json(deep: Bool) -> [UInt8] {
        var members: [JSONMember] = [
            .init("objects", .integer(objects)), .init("broken", .integer(broken)),
        ]
        if deep {
            members.append(.init("opened", .integer(opened)))
            members.append(.init("unopened", .integer(unopened)))
        }
        let byMode = modes.sorted { $0.key < $1.key }
        members.append(.init("modes", .object(byMode.map { .init($0.key, .integer($0.value)) })))
        return JSONValue.object([.init("summary", .object(members))]).encode()
    }
}
