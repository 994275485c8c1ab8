internal import NIOCore

/// What a connection's end does once OpenSSL has made the handshake of TLS 1.3: records.
///
/// OpenSSL copies each byte twice on its way through a record and looks parameters up by name;
/// here a record is opened from where it was received and sealed to where it is sent from.
/// Bound to one thread at a time.
final class TLSRecordLayer {
    private var reader: TLSRecordReader
    private var writer: TLSRecordWriter

    /// Takes over from OpenSSL; `nil` where secrets, suite or records aren't what they have to be.
    ///
    /// - Parameters:
    ///   - suite: what was agreed on.
    ///   - secrets: the first traffic secrets of both directions.
    ///   - sent: the records that OpenSSL has sent under the server's secret: tickets. The last is
    ///     opened, so that nothing is sealed under another key or number than the peer's next.
    init?(_ suite: TLSRecordSuite, _ secrets: TLSFirstSecrets, sent: ByteBufferView) {
        guard let client = secrets.client, client.count == suite.secretCount,
            let server = secrets.server, server.count == suite.secretCount,
            let count = Self.verifiedCount(sent, suite, server),
            let reader = try? TLSRecordReader(suite, client),
            let writer = try? TLSRecordWriter(suite, server, sequence: count)
        else { return nil }
        self.reader = reader
        self.writer = writer
    }

    private static func verifiedCount(
        _ sent: ByteBufferView,
        _ suite: TLSRecordSuite,
        _ secret: TLSTrafficSecret
    ) -> UInt64? {
        var records = TLSInbound()
        records.append(ByteBuffer(sent))
        var (count, last): (UInt64, [UInt8]) = (0, [])
        while let next = try? records.nextRecordCount() {
            try? unsafe records.withRecord(next) { last = unsafe Array($0) }
            records.dropRecord(next)
            count += 1
        }
        guard records.count == 0 else { return nil }
        guard count > 0 else { return 0 }
        var inner = [UInt8](repeating: 0, count: last.count)
        let cipher = try? TLSRecordCipher(suite, secret, isSealing: false, sequence: count - 1)
        let isOpened: ()? = unsafe last.withUnsafeBytes { record in
            unsafe inner.withUnsafeMutableBytes { inner in
                guard let address = inner.baseAddress else { return nil }
                return try? unsafe cipher?.open(record, into: address)
            }
        }
        return isOpened == nil ? nil : count
    }

    /// Whether the peer sent close_notify.
    var isClosedByPeer: Bool { reader.isClosed }

    /// Opens records into the free space of `buffer`.
    ///
    /// - Throws: `.protocolFailed`, with the alert for the peer in `outbound`; what was read before
    ///   stands in the buffer.
    func read(
        from inbound: inout TLSInbound,
        into buffer: inout ByteBuffer,
        outbound: inout ByteBuffer
    ) throws(TLSError) -> TLSReadEnd {
        do throws(TLSRecordError) {
            return try reader.read(from: &inbound, into: &buffer)
        } catch {
            if let alert = error.alert { try? writer.write(alert, into: &outbound) }
            throw .protocolFailed(reason: error.reason)
        }
    }

    /// Seals `plaintext` behind what stands in `outbound`.
    ///
    /// Keys that the peer asked for are renewed here, RFC 8446 section 4.6.3: once for however many
    /// requests, so that a peer that reads nothing can't pile up answers.
    ///
    /// - Throws: `.protocolFailed`.
    func write(
        _ plaintext: UnsafeRawBufferPointer,
        into outbound: inout ByteBuffer
    ) throws(TLSError) {
        do throws(TLSRecordError) {
            if reader.isUpdateRequested {
                reader.isUpdateRequested = false
                try writer.updateKeys(into: &outbound)
            }
            try unsafe writer.write(plaintext, into: &outbound)
        } catch {
            throw .protocolFailed(reason: error.reason)
        }
    }

    /// Puts close_notify into `outbound`.
    func close(into outbound: inout ByteBuffer) {
        try? writer.write(.closeNotify, into: &outbound)
    }
}
