/// An origin or a header's name as a rule allows it: a text with at most one `*` for any bytes.
public struct CORSPattern: Equatable, Sendable {
    /// The pattern as it was set.
    public let text: String
    private let head: [UInt8]
    /// What stands behind the `*`; `nil` without one.
    private let tail: [UInt8]?

    /// A pattern; `nil` for more than one `*`, and for what couldn't stand in a field's value.
    ///
    /// - Parameters:
    ///   - text: as it was set.
    ///   - isLowered: whether what it is compared with is in lower case, as headers' names are.
    public init?(_ text: String, isLowered: Bool = false) {
        let pieces = (isLowered ? text.lowercased() : text).utf8.split(
            separator: UInt8(ascii: "*"),
            omittingEmptySubsequences: false
        )
        guard let first = pieces.first, pieces.count <= 2, !text.isEmpty,
            text.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        else { return nil }
        self.text = text
        head = Array(first)
        tail = pieces.count == 2 ? Array(pieces[1]) : nil
    }

    /// Whether it allows everything.
    public var isAny: Bool { head.isEmpty && tail?.isEmpty == true }

    /// Whether it allows a text, of which it says every byte but those that `*` stands for.
    public func allows(_ text: String) -> Bool {
        guard let tail else { return text.utf8.elementsEqual(head) }
        return text.utf8.count >= head.count + tail.count && text.utf8.starts(with: head)
            && text.utf8.suffix(tail.count).elementsEqual(tail)
    }
}
