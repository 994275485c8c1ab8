/// Why a gateway can't start: what is wrong and what to do about it, for people.
public struct GatewayStartError: Error, Equatable, Sendable {
    /// What is wrong, in one line without a stop.
    public var problem: String
    /// What to do about it; `nil` where the problem says it.
    public var hint: String?

    init(_ problem: String, hint: String? = nil) {
        self.problem = problem
        self.hint = hint
    }
}
