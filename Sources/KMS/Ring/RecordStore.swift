/// Where bucket key and attribute key records live: under a name that no S3 client can address.
///
/// Names are `bk/<bucket>/<id>` and `ak/<id>`, ids in 32 hexadecimal digits. Each call has a
/// deadline of the implementation's.
public protocol RecordStore: Sendable {
    /// The record of that name, `nil` when there is none.
    ///
    /// - Throws: `.unavailable`.
    func get(_ name: String) async throws(RecordStoreError) -> [UInt8]?

    /// Stores a record; it is durable when this returns.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - bytes: all of it, at most 16 KiB.
    ///   - ifAbsent: leaves a record that is there already as it is.
    /// - Returns: whether the record was stored; `false` only with `ifAbsent`.
    /// - Throws: `.unavailable`.
    func put(
        _ name: String,
        _ bytes: [UInt8],
        ifAbsent: Bool
    ) async throws(RecordStoreError) -> Bool

    /// Replaces a record that is still what was read; it is durable when this returns.
    ///
    /// - Returns: whether it was replaced; `false` where it was written or removed meanwhile.
    /// - Throws: `.unavailable`.
    func replace(
        _ name: String,
        _ old: [UInt8],
        by new: [UInt8]
    ) async throws(RecordStoreError) -> Bool

    /// The names that begin with `prefix`, all of them, in the order of their bytes.
    ///
    /// - Throws: `.unavailable`.
    func list(prefix: String) async throws(RecordStoreError) -> [String]
}

/// Why a record can't be had.
public enum RecordStoreError: Error, Equatable, Sendable {
    /// The store doesn't answer, or refuses.
    case unavailable
}
