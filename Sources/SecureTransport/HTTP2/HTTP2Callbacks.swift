internal import CNGHTTP2

/// What a session tells its connection; called within `HTTP2Session.receive` and
/// `HTTP2Session.nextBytes` only.
protocol HTTP2SessionDelegate: AnyObject {
    /// A header block begins, of a new stream or of trailers.
    func headersBegan(stream: Int32, isRequest: Bool)
    /// One field of the block that began; `false` resets the stream.
    func fieldReceived(stream: Int32, name: Span<UInt8>, value: Span<UInt8>) -> Bool
    /// A frame came in whole; DATA frames and header blocks too.
    func frameReceived(_ frame: HTTP2Frame)
    /// A frame broke the protocol or HTTP's rules of messages; the library answers it.
    func frameInvalid()
    /// Bytes of a body, without padding.
    func dataReceived(stream: Int32, _ bytes: Span<UInt8>)
    /// A frame was sent whole.
    func frameSent(_ frame: HTTP2Frame)
    /// A stream is over.
    func streamClosed(stream: Int32, errorCode: UInt32)
    /// How much of a response's body goes into the next frame, of at most `countMax` bytes.
    func bodyPlan(stream: Int32, countMax: Int) -> HTTP2BodyPlan
    /// Sends a DATA frame: its head and the `count` bytes that were planned; `false` to come back
    /// from `nextBytes`.
    func sendBody(stream: Int32, frameHead: Span<UInt8>, count: Int) -> Bool
}

/// What matters of a frame that came or went.
struct HTTP2Frame {
    /// The types that the connection looks at.
    enum Kind {
        case data
        case goAway
        case other
        case ping
        case priority
        case requestHeaders
        case reset
        case settings
        case trailers
        case windowUpdate
    }

    var kind: Kind
    var stream: Int32
    var count: Int
    var endsStream: Bool
    var isAcknowledgement: Bool
    var errorCode: UInt32

    init?(_ pointer: UnsafePointer<nghttp2_frame>?) {
        guard let pointer = unsafe pointer else { return nil }
        let head = unsafe pointer.pointee.hd
        stream = head.stream_id
        count = head.length
        // The two flags share a bit, RFC 9113 section 6.
        endsStream = head.flags & 1 != 0
        isAcknowledgement = head.flags & 1 != 0
        errorCode = 0
        switch UInt32(head.type) {
        case NGHTTP2_DATA.rawValue: kind = .data
        case NGHTTP2_GOAWAY.rawValue: kind = .goAway
        case NGHTTP2_HEADERS.rawValue:
            kind =
                unsafe pointer.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
                ? .requestHeaders : .trailers
        case NGHTTP2_PING.rawValue: kind = .ping
        case NGHTTP2_PRIORITY.rawValue: kind = .priority
        case NGHTTP2_RST_STREAM.rawValue:
            kind = .reset
            errorCode = unsafe pointer.pointee.rst_stream.error_code
        case NGHTTP2_SETTINGS.rawValue: kind = .settings
        case NGHTTP2_WINDOW_UPDATE.rawValue: kind = .windowUpdate
        default: kind = .other
        }
    }
}

/// What the next DATA frame of a response holds.
enum HTTP2BodyPlan {
    /// So many bytes, and more may follow.
    case bytes(Int)
    /// So many bytes, the last; trailers follow where there are any.
    case end(Int, hasTrailers: Bool)
    /// Nothing now; `HTTP2Session.resume` says when.
    case wait
}

/// libnghttp2's table of C callbacks; each finds its connection in the user data.
enum HTTP2Callbacks {
    /// Shared by all sessions, which copy it; `nil` where memory ran out at start.
    nonisolated(unsafe) static let table: OpaquePointer? = unsafe makeTable()

    private static func makeTable() -> OpaquePointer? {
        var made: OpaquePointer?
        guard unsafe nghttp2_session_callbacks_new(&made) == 0, let table = unsafe made else {
            return nil
        }
        unsafe addHeaderCallbacks(table)
        unsafe addFrameCallbacks(table)
        unsafe nghttp2_session_callbacks_set_send_data_callback(table) {
            _,
            frame,
            head,
            count,
            _,
            data in
            guard let connection = unsafe HTTP2Callbacks.connection(data),
                let frame = unsafe frame, let head = unsafe head
            else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
            let bytes = unsafe UnsafeBufferPointer(start: head, count: 9)
            let goesOn = unsafe connection.sendBody(
                stream: frame.pointee.hd.stream_id,
                frameHead: bytes.span,
                count: count
            )
            return goesOn ? 0 : NGHTTP2_ERR_PAUSE.rawValue
        }
        return unsafe table
    }

    private static func addHeaderCallbacks(_ table: OpaquePointer) {
        unsafe nghttp2_session_callbacks_set_on_begin_headers_callback(table) { _, frame, data in
            guard let frame = unsafe frame else { return 0 }
            unsafe HTTP2Callbacks.connection(data)?.headersBegan(
                stream: frame.pointee.hd.stream_id,
                isRequest: frame.pointee.headers.cat == NGHTTP2_HCAT_REQUEST
            )
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_header_callback(table) {
            _,
            frame,
            name,
            nameCount,
            value,
            valueCount,
            _,
            data in
            guard let connection = unsafe HTTP2Callbacks.connection(data),
                let frame = unsafe frame
            else { return NGHTTP2_ERR_CALLBACK_FAILURE.rawValue }
            let nameBytes = unsafe UnsafeBufferPointer(start: name, count: nameCount)
            let valueBytes = unsafe UnsafeBufferPointer(start: value, count: valueCount)
            let isTaken = unsafe connection.fieldReceived(
                stream: frame.pointee.hd.stream_id,
                name: nameBytes.span,
                value: valueBytes.span
            )
            return isTaken ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
        // Without it illegal fields would be dropped silently.
        unsafe nghttp2_session_callbacks_set_on_invalid_header_callback(table) {
            _,
            _,
            _,
            _,
            _,
            _,
            _,
            data in
            unsafe HTTP2Callbacks.connection(data)?.frameInvalid()
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue
        }
    }

    private static func addFrameCallbacks(_ table: OpaquePointer) {
        unsafe nghttp2_session_callbacks_set_on_frame_recv_callback(table) { _, frame, data in
            if let frame = unsafe HTTP2Frame(frame) {
                unsafe HTTP2Callbacks.connection(data)?.frameReceived(frame)
            }
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_frame_send_callback(table) { _, frame, data in
            if let frame = unsafe HTTP2Frame(frame) {
                unsafe HTTP2Callbacks.connection(data)?.frameSent(frame)
            }
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(table) {
            _,
            _,
            _,
            data in
            unsafe HTTP2Callbacks.connection(data)?.frameInvalid()
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table) {
            _,
            _,
            stream,
            bytes,
            count,
            data in
            let piece = unsafe UnsafeBufferPointer(start: bytes, count: count)
            unsafe HTTP2Callbacks.connection(data)?.dataReceived(stream: stream, piece.span)
            return 0
        }
        unsafe nghttp2_session_callbacks_set_on_stream_close_callback(table) {
            _,
            stream,
            errorCode,
            data in
            unsafe HTTP2Callbacks.connection(data)?
                .streamClosed(stream: stream, errorCode: errorCode)
            return 0
        }
    }

    /// Answers libnghttp2's question for the next DATA frame, in its terms.
    static func provide(
        _ stream: Int32,
        _ countMax: Int,
        _ flags: UnsafeMutablePointer<UInt32>?,
        _ data: UnsafeMutableRawPointer?
    ) -> Int {
        guard let connection = unsafe connection(data), let flags = unsafe flags else {
            return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue)
        }
        switch connection.bodyPlan(stream: stream, countMax: countMax) {
        case .bytes(let count):
            unsafe flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
            return count
        case .end(let count, let hasTrailers):
            unsafe flags.pointee |= NGHTTP2_DATA_FLAG_NO_COPY.rawValue
            unsafe flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue
            if hasTrailers {
                unsafe flags.pointee |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
            }
            return count
        case .wait:
            return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        }
    }

    private static func connection(
        _ data: UnsafeMutableRawPointer?
    ) -> HTTP2ServerHandler? {
        guard let data = unsafe data else { return nil }
        return unsafe Unmanaged<HTTP2ServerHandler>.fromOpaque(data).takeUnretainedValue()
    }
}
