/// What one HTTP message may cost before its peer is told off.
public struct HTTPLimits: Equatable, Sendable {
    /// The most bytes of one head, start line and fields together, line ends included.
    public var headBytesMax = 65_536
    /// The most fields of one head.
    public var fieldsMax = 128
    /// The most bytes of a request's target.
    public var targetBytesMax = 16_384
    /// The most bytes of one chunk's size line, extensions and line end included.
    public var chunkLineBytesMax = 1024
    /// The most bytes of chunk extensions of one body, all chunks together.
    public var chunkExtensionBytesMax = 16_384
    /// The most bytes of one trailer section, line ends included.
    public var trailerBytesMax = 65_536
    /// The most fields of one trailer section.
    public var trailerFieldsMax = 32
    /// The most interim (1xx) responses before a final one.
    public var interimResponsesMax = 16

    /// The defaults.
    public init() {}
}
