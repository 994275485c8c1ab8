internal import NIOCore

/// One TLS connection without its socket: ciphertext goes in and out as byte buffers.
///
/// Bound to one thread at a time. Once a call has thrown only what is left of `outbound` is of use.
final class TLSSession {
    /// Ciphertext to be sent.
    var outbound = ByteBuffer()
    /// What OpenSSL tells of its secrets during the handshake.
    var secrets = TLSFirstSecrets()
    /// What the handshake agreed on.
    private(set) var info = TLSConnectionInfo.none

    // One of the two, once `init` is through; records where OpenSSL has handed over.
    private var library: TLSLibrarySession?
    private var records: TLSRecordLayer?
    private var inbound = TLSInbound()

    /// - Throws: `.libraryFailure`.
    init(_ context: TLSLibraryContext, role: TLSRole) throws(TLSError) {
        library = try TLSLibrarySession(context, role: role, owner: self)
    }

    /// Sets what a client demands of the server's certificate, and SNI (RFC 6066 section 3).
    ///
    /// - Throws: `.serverNameInvalid`.
    func expect(serverName: String) throws(TLSError) {
        try library?.expect(serverName: serverName)
    }

    /// Whether some of what came in may be decrypted yet.
    var hasInput: Bool { records == nil ? inbound.count > 0 : inbound.mayHoldRecord }

    /// Whether records are made without OpenSSL.
    var makesRecords: Bool { records != nil }

    /// Takes ciphertext from the socket.
    func receive(_ buffer: ByteBuffer) { inbound.append(buffer) }

    /// Gives OpenSSL up to `count` bytes of ciphertext; 0 where there are none.
    @unsafe
    func take(into target: UnsafeMutableRawPointer, _ count: Int) -> Int {
        unsafe inbound.take(into: target, count)
    }

    /// Goes on with the handshake as far as what came in allows.
    ///
    /// - Returns: whether it is complete.
    /// - Throws: `.handshakeFailed`, `.peerNotTrusted`.
    func handshake() throws(TLSError) -> Bool {
        guard let library else { return records != nil }
        let sentCount = outbound.readableBytes
        guard try library.handshake() else { return false }
        info = library.info
        takeOver(library, sent: outbound.readableBytesView.dropFirst(sentCount))
        return true
    }

    // The client's last message of the handshake came in this call, so that what was sent in it
    // stands behind the handshake: tickets. OpenSSL reads one record at a time and holds none.
    private func takeOver(_ library: TLSLibrarySession, sent: ByteBufferView) {
        let known = secrets
        secrets = TLSFirstSecrets()
        guard !library.hasPending, let suite = library.recordSuite,
            let layer = TLSRecordLayer(suite, known, sent: sent)
        else { return }
        library.retire()
        self.library = nil
        records = layer
    }

    /// About how many bytes of plaintext can be read now; never less than one record's where some
    /// of one is held.
    var plaintextCountHint: Int {
        let held = library?.hasPending ?? false
        return inbound.count + (held ? Self.recordCountMax : 0)
    }

    /// Decrypts into the free space of `buffer` until it is full or input is wanting.
    ///
    /// - Throws: `.protocolFailed`; what was read before stands in the buffer.
    func read(into buffer: inout ByteBuffer) throws(TLSError) -> TLSReadEnd {
        if let records {
            return try records.read(from: &inbound, into: &buffer, outbound: &outbound)
        }
        return try library?.read(into: &buffer) ?? .needsInput
    }

    /// Encrypts `plaintext` into `outbound`; one record for each 16 KiB begun.
    ///
    /// - Throws: `.protocolFailed`.
    @unsafe
    func write(_ plaintext: UnsafeRawBufferPointer) throws(TLSError) {
        if let records {
            try unsafe records.write(plaintext, into: &outbound)
        } else {
            try unsafe library?.write(plaintext)
        }
    }

    /// Puts close_notify into `outbound`.
    func close() {
        if let records { records.close(into: &outbound) } else { library?.close() }
    }

    /// Whether the peer sent close_notify.
    var isClosedByPeer: Bool {
        records?.isClosedByPeer ?? library?.isClosedByPeer ?? false
    }

    /// The most plaintext bytes of one record, RFC 8446 section 5.1.
    static let recordCountMax = 16_384
}

/// Why reading plaintext stopped.
enum TLSReadEnd {
    /// The peer sent close_notify; no more will come.
    case closed
    /// The buffer is full, there may be more.
    case full
    /// All that came in whole records is read.
    case needsInput
}
