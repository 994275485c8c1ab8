import KMS
import SealedObject

extension RecordID {
    /// The record that an envelope names.
    init(_ id: Identifier) { self.init(high: id.high, low: id.low) }
}

extension Identifier {
    /// A record's id, as envelopes name it.
    init(_ id: RecordID) { self.init(high: id.high, low: id.low) }
}
