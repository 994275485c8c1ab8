internal import COpenSSL
internal import NIOCore

/// Opens the records that a client sends once the handshake is complete, RFC 8446 section 5.
///
/// Plaintext goes straight to where it is wanted, and counts as there once its tag is verified.
struct TLSRecordReader {
    private let suite: TLSRecordSuite
    private var secret: TLSTrafficSecret
    private var cipher: TLSRecordCipher
    private var emptyCount = 0

    /// Whether the peer sent close_notify.
    private(set) var isClosed = false
    /// Whether the peer asked for new keys in the other direction, RFC 8446 section 4.6.3.
    var isUpdateRequested = false

    /// A reader from the first record on.
    ///
    /// - Throws: `.libraryFailure`.
    init(_ suite: TLSRecordSuite, _ secret: TLSTrafficSecret) throws(TLSRecordError) {
        self.suite = suite
        self.secret = secret
        cipher = try TLSRecordCipher(suite, secret, isSealing: false)
    }

    /// Opens whole records into the free space of `buffer`.
    ///
    /// A new `buffer` with room for as many bytes as `inbound` holds takes at least one record.
    ///
    /// - Throws: all but `.libraryFailure`, and that, too, where keys can't be renewed.
    mutating func read(
        from inbound: inout TLSInbound,
        into buffer: inout ByteBuffer
    ) throws(TLSRecordError) -> TLSReadEnd {
        while !isClosed {
            guard let count = try inbound.nextRecordCount() else { return .needsInput }
            let innerCount = count - TLSRecordCipher.headerCount - TLSRecordCipher.tagCount
            guard buffer.writableBytes >= innerCount else { return .full }
            var inner: (type: UInt8, contentCount: Int) = (0, 0)
            try unsafe inbound.withRecord(count) { (record) throws(TLSRecordError) in
                inner = try unsafe open(record, innerCount, &buffer)
            }
            inbound.dropRecord(count)
            try take(inner.type, inner.contentCount, &buffer)
        }
        return .closed
    }

    // The type is the last byte that isn't zero, RFC 8446 section 5.4.
    private func open(
        _ record: UnsafeRawBufferPointer,
        _ innerCount: Int,
        _ buffer: inout ByteBuffer
    ) throws(TLSRecordError) -> (type: UInt8, contentCount: Int) {
        guard unsafe record[0] == TLSContentType.applicationData.rawValue else {
            throw .unexpectedMessage
        }
        var failure: TLSRecordError?
        var found: (type: UInt8, contentCount: Int)?
        unsafe buffer.withUnsafeMutableWritableBytes { target in
            guard let inner = target.baseAddress else { return }
            do throws(TLSRecordError) {
                try unsafe cipher.open(record, into: inner)
            } catch {
                failure = error
                unsafe OPENSSL_cleanse(inner, max(0, innerCount))
                return
            }
            var last = innerCount - 1
            while last >= 0, unsafe target[last] == 0 { last -= 1 }
            if last >= 0 { found = unsafe (target[last], last) }
        }
        if let failure { throw failure }
        guard innerCount <= Self.innerCountMax else { throw .recordOverflow }
        guard let found else { throw innerCount > 0 ? .unexpectedMessage : .badRecord }
        return found
    }

    private mutating func take(
        _ type: UInt8,
        _ count: Int,
        _ buffer: inout ByteBuffer
    ) throws(TLSRecordError) {
        if type == TLSContentType.applicationData.rawValue, count > 0 {
            emptyCount = 0
            buffer.moveWriterIndex(forwardBy: count)
            return
        }
        emptyCount += 1
        guard emptyCount <= Self.emptyCountMax else { throw .tooManyEmptyRecords }
        let bytes = unsafe buffer.withUnsafeMutableWritableBytes {
            unsafe Array($0.prefix(min(count, Self.messageCountMax)))
        }
        switch TLSContentType(rawValue: type) {
        case .applicationData: break
        case .alert: try takeAlert(bytes, count)
        case .handshake: try takeHandshake(bytes, count)
        case nil: throw .unexpectedMessage
        }
    }

    private mutating func takeAlert(_ bytes: [UInt8], _ count: Int) throws(TLSRecordError) {
        guard count == 2, let number = bytes.last else { throw .decodeError }
        switch TLSAlert(rawValue: number) {
        case .closeNotify: isClosed = true
        case .userCanceled: break
        default: throw .alert(number)
        }
    }

    // Of a client only KeyUpdate may come, alone in its record, RFC 8446 sections 4.6.3 and 5.1.
    private mutating func takeHandshake(_ bytes: [UInt8], _ count: Int) throws(TLSRecordError) {
        guard count > 0, bytes[0] == 24 else { throw .unexpectedMessage }
        guard count == 5, bytes[1] == 0, bytes[2] == 0, bytes[3] == 1 else { throw .decodeError }
        guard bytes[4] <= 1 else { throw .decodeError }
        if bytes[4] == 1 { isUpdateRequested = true }
        secret = try secret.next(suite)
        cipher = try TLSRecordCipher(suite, secret, isSealing: false)
    }

    /// The most bytes of content and type together, RFC 8446 section 5.4.
    private static let innerCountMax = TLSSession.recordCountMax + 1
    /// The bytes of KeyUpdate, the longest message that may come.
    private static let messageCountMax = 5
    /// The most records in a row that carry no data: each costs a key or a tag.
    static let emptyCountMax = 32
}
