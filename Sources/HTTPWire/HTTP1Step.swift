/// What a parser made of the front of its input.
public struct HTTP1Step<Head: Equatable & Sendable>: Equatable, Sendable {
    /// What came.
    public enum Event: Equatable, Sendable {
        /// Nothing yet: the rest of the input is to be given again with more behind it.
        case needMore
        /// A head.
        case head(Head)
        /// Bytes of the body: a range of the very input of this step.
        case body(Range<Int>)
        /// The end of the message.
        case end(trailers: HTTPFields)
    }

    /// How many bytes at the front of the input are done with.
    public var consumed: Int
    /// What came with them.
    public var event: Event

    /// A step from its parts.
    public init(consumed: Int, event: Event) {
        self.consumed = consumed
        self.event = event
    }
}
