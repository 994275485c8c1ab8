/// What a server tells the handlers of a connection by a user event.
public enum ConnectionEvent: Sendable {
    /// Take no new requests, finish what is under way, then close.
    case drain
}
