internal import NIOCore

/// Makes the records that a server sends once the handshake is complete, RFC 8446 section 5.
///
/// Plaintext is sealed from where it stands to where it is sent from.
struct TLSRecordWriter {
    private let suite: TLSRecordSuite
    private let recordCountMax: UInt64
    private var secret: TLSTrafficSecret
    private var cipher: TLSRecordCipher

    /// A writer whose first record has the number `sequence`.
    ///
    /// - Parameters:
    ///   - suite: what was agreed on.
    ///   - secret: the server's traffic secret.
    ///   - sequence: how many records were sent under it.
    ///   - recordCountMax: so many go under one key: 2^23, a third of what RFC 8446 section 5.5
    ///     allows.
    /// - Throws: `.libraryFailure`.
    init(
        _ suite: TLSRecordSuite,
        _ secret: TLSTrafficSecret,
        sequence: UInt64,
        recordCountMax: UInt64 = 1 << 23
    ) throws(TLSRecordError) {
        self.suite = suite
        self.recordCountMax = recordCountMax
        self.secret = secret
        cipher = try TLSRecordCipher(suite, secret, isSealing: true, sequence: sequence)
    }

    /// Seals `plaintext` behind what stands in `outbound`; one record for each 16 KiB begun.
    ///
    /// - Throws: `.libraryFailure`.
    mutating func write(
        _ plaintext: UnsafeRawBufferPointer,
        into outbound: inout ByteBuffer
    ) throws(TLSRecordError) {
        var start = 0
        while start < plaintext.count {
            if cipher.sequence >= recordCountMax { try updateKeys(into: &outbound) }
            let end = min(start + TLSSession.recordCountMax, plaintext.count)
            let content = unsafe UnsafeRawBufferPointer(rebasing: plaintext[start..<end])
            try unsafe seal(.applicationData, content, into: &outbound)
            start = end
        }
    }

    /// Seals an alert, RFC 8446 section 6.
    ///
    /// - Throws: `.libraryFailure`.
    func write(_ alert: TLSAlert, into outbound: inout ByteBuffer) throws(TLSRecordError) {
        try seal(.alert, alert.message, into: &outbound)
    }

    /// Sends KeyUpdate and goes on under new keys, RFC 8446 section 4.6.3.
    ///
    /// - Throws: `.libraryFailure`.
    mutating func updateKeys(into outbound: inout ByteBuffer) throws(TLSRecordError) {
        let updateNotRequested: [UInt8] = [24, 0, 0, 1, 0]
        try seal(.handshake, updateNotRequested, into: &outbound)
        secret = try secret.next(suite)
        cipher = try TLSRecordCipher(suite, secret, isSealing: true)
    }

    private func seal(
        _ type: TLSContentType,
        _ message: [UInt8],
        into outbound: inout ByteBuffer
    ) throws(TLSRecordError) {
        var failure: TLSRecordError?
        unsafe message.withUnsafeBytes { message in
            do throws(TLSRecordError) {
                try unsafe seal(type, message, into: &outbound)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    private func seal(
        _ type: TLSContentType,
        _ content: UnsafeRawBufferPointer,
        into outbound: inout ByteBuffer
    ) throws(TLSRecordError) {
        let count = content.count + Self.overheadCount
        var failure: TLSRecordError?
        unsafe outbound.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
            guard let record = target.baseAddress else { return 0 }
            do throws(TLSRecordError) {
                try unsafe cipher.seal(type, content, into: record)
                return count
            } catch {
                failure = error
                return 0
            }
        }
        if let failure { throw failure }
    }

    /// Header, type and tag.
    private static let overheadCount = TLSRecordCipher.headerCount + 1 + TLSRecordCipher.tagCount
}
