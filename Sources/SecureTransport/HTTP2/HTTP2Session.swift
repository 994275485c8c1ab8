internal import CNGHTTP2
internal import HTTPWire
internal import NIOCore
internal import Transport

/// A server's libnghttp2 session: bytes in, bytes out, events to its delegate.
///
/// Bound to one thread at a time. `receive` and `nextBytes` must not be called from an event.
@safe
final class HTTP2Session {
    private let pointer: OpaquePointer
    private let statusDigits = UnsafeMutablePointer<UInt8>.allocate(capacity: 3)

    /// A session that has its SETTINGS to send; `nil` where memory ran out.
    ///
    /// The connection isn't retained and must outlive the session.
    init?(limits: HTTPServerLimits, connection: HTTP2ServerHandler) {
        var option: OpaquePointer?
        guard unsafe nghttp2_option_new(&option) == 0 else { return nil }
        defer { unsafe nghttp2_option_del(option) }
        unsafe nghttp2_option_set_no_auto_window_update(option, 1)
        unsafe nghttp2_option_set_no_closed_streams(option, 1)
        unsafe nghttp2_option_set_max_outbound_ack(option, Self.acknowledgementsMax)
        unsafe nghttp2_option_set_max_settings(option, 32)
        unsafe nghttp2_option_set_max_continuations(option, limits.continuationFramesMax)
        var made: OpaquePointer?
        let data = unsafe Unmanaged.passUnretained(connection).toOpaque()
        guard let table = unsafe HTTP2Callbacks.table,
            unsafe sealgate_http2_server_new(&made, table, data, option) == 0,
            let pointer = unsafe made
        else { return nil }
        unsafe self.pointer = pointer
        guard submitSettings(limits) else { return nil }
    }

    deinit {
        unsafe nghttp2_session_del(pointer)
        unsafe statusDigits.deallocate()
    }

    private func submitSettings(_ limits: HTTPServerLimits) -> Bool {
        let settings = [
            // No secret field value stays in a table of the decoder.
            Self.setting(NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, 0),
            Self.setting(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streamsMax),
            Self.setting(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.streamWindowBytes),
            Self.setting(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.message.headBytesMax),
            Self.setting(NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 0),
        ]
        let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        let window = Int32(clamping: limits.connectionWindowBytes)
        return unsafe nghttp2_submit_settings(pointer, none, settings, settings.count) == 0
            && nghttp2_session_set_local_window_size(pointer, none, 0, window) == 0
    }

    private static func setting(
        _ id: nghttp2_settings_id,
        _ value: Int
    ) -> nghttp2_settings_entry {
        nghttp2_settings_entry(
            settings_id: Int32(clamping: id.rawValue),
            value: UInt32(clamping: value)
        )
    }

    /// Takes bytes from the peer; `false` where the connection is beyond repair.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return unsafe nghttp2_session_mem_recv(pointer, start, bytes.count) >= 0
    }

    /// Lends what is to be sent next, a frame or less; DATA frames go through `sendBody` before.
    ///
    /// - Parameter body: takes the bytes, after all events of the call.
    /// - Returns: how many they are; 0 where there is nothing, or a pause was asked for; `nil`
    ///   where the connection is beyond repair.
    func nextBytes(_ body: (UnsafeRawBufferPointer) -> Void) -> Int? {
        var bytes: UnsafePointer<UInt8>?
        let count = unsafe nghttp2_session_mem_send(pointer, &bytes)
        guard count >= 0 else { return nil }
        guard count > 0 else { return 0 }
        unsafe body(UnsafeRawBufferPointer(start: bytes, count: count))
        return count
    }

    /// Whether anything more is expected of the peer.
    var wantsRead: Bool { unsafe nghttp2_session_want_read(pointer) != 0 }

    /// Whether there is anything to send, windows allowing.
    var wantsWrite: Bool { unsafe nghttp2_session_want_write(pointer) != 0 }

    /// Frames queued that aren't DATA.
    var outboundFrames: Int { unsafe nghttp2_session_get_outbound_queue_size(pointer) }

    /// Gives credit on the stream and the connection.
    func consume(_ count: Int, stream: Int32) {
        _ = unsafe nghttp2_session_consume(pointer, stream, count)
    }

    /// Gives credit on the connection alone.
    func consumeConnection(_ count: Int) {
        _ = unsafe nghttp2_session_consume_connection(pointer, count)
    }

    /// Has libnghttp2 keep the exchange of a stream; it isn't retained.
    func attach(_ exchange: HTTP2ServerExchange) {
        let data = unsafe Unmanaged.passUnretained(exchange).toOpaque()
        _ = unsafe nghttp2_session_set_stream_user_data(pointer, exchange.stream, data)
    }

    /// Has libnghttp2 forget an exchange before it goes.
    func detach(_ exchange: HTTP2ServerExchange) {
        _ = unsafe nghttp2_session_set_stream_user_data(pointer, exchange.stream, nil)
    }

    /// The exchange of a stream that is open.
    func exchange(_ stream: Int32) -> HTTP2ServerExchange? {
        guard let data = unsafe nghttp2_session_get_stream_user_data(pointer, stream) else {
            return nil
        }
        return unsafe Unmanaged<HTTP2ServerExchange>.fromOpaque(data).takeUnretainedValue()
    }

    /// Submits a response's head; `hasBody` where `bodyPlan` is to be asked.
    func submitHead(_ head: HTTPResponseHead, stream: Int32, hasBody: Bool) -> Bool {
        var provider = unsafe nghttp2_data_provider()
        unsafe provider.read_callback = { _, stream, _, count, flags, _, data in
            unsafe HTTP2Callbacks.provide(stream, count, flags, data)
        }
        return unsafe withFields(head.fields, status: head.status) { fields in
            let count = fields.count
            let base = fields.baseAddress
            guard hasBody else {
                return unsafe nghttp2_submit_response(pointer, stream, base, count, nil) == 0
            }
            return unsafe nghttp2_submit_response(pointer, stream, base, count, &provider) == 0
        }
    }

    /// Submits a response's trailers; they end the stream.
    func submitTrailers(_ trailers: HTTPFields, stream: Int32) -> Bool {
        unsafe withFields(trailers, status: nil) { fields in
            unsafe nghttp2_submit_trailer(pointer, stream, fields.baseAddress, fields.count) == 0
        }
    }

    /// Asks `bodyPlan` again.
    func resume(stream: Int32) { _ = unsafe nghttp2_session_resume_data(pointer, stream) }

    /// Breaks a stream off.
    func reset(stream: Int32, _ code: nghttp2_error_code) {
        let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        _ = unsafe nghttp2_submit_rst_stream(pointer, none, stream, code.rawValue)
    }

    /// Ends the connection with GOAWAY; what comes from now on is ignored.
    func terminate(_ code: nghttp2_error_code) {
        _ = unsafe nghttp2_session_terminate_session(pointer, code.rawValue)
    }

    /// Says that the connection will take no more streams, and asks for a sign that it was read.
    func submitShutdownNotice() {
        _ = unsafe nghttp2_submit_shutdown_notice(pointer)
        _ = unsafe nghttp2_submit_ping(pointer, UInt8(NGHTTP2_FLAG_NONE.rawValue), nil)
    }

    /// Says which stream was the last to be served.
    func submitFinalGoAway() {
        let last = unsafe nghttp2_session_get_last_proc_stream_id(pointer)
        let none = UInt8(NGHTTP2_FLAG_NONE.rawValue)
        let code = NGHTTP2_NO_ERROR.rawValue
        _ = unsafe nghttp2_submit_goaway(pointer, none, last, code, nil, 0)
    }

    // libnghttp2 copies what the entries point to before `body` returns.
    private func withFields(
        _ fields: HTTPFields,
        status: Int?,
        _ body: (UnsafeMutableBufferPointer<nghttp2_nv>) -> Bool
    ) -> Bool {
        unsafe withUnsafeTemporaryAllocation(
            of: nghttp2_nv.self,
            capacity: fields.count + 1
        ) { entries in
            fields.withBytes { bytes in
                var count = 0
                if let status {
                    unsafe entries.initializeElement(at: 0, to: statusEntry(status))
                    count = 1
                }
                for index in 0..<fields.count {
                    let name = bytes.extracting(fields.nameRange(at: index))
                    guard HTTP2FieldRules.isAllowed(name) else { continue }
                    let value = bytes.extracting(fields.valueRange(at: index))
                    let entry = unsafe HTTP2FieldRules.entry(name, value)
                    unsafe entries.initializeElement(at: count, to: entry)
                    count += 1
                }
                return unsafe body(UnsafeMutableBufferPointer(rebasing: entries[..<count]))
            }
        }
    }

    private func statusEntry(_ status: Int) -> nghttp2_nv {
        unsafe statusDigits[0] = 0x30 + UInt8(truncatingIfNeeded: status / 100 % 10)
        unsafe statusDigits[1] = 0x30 + UInt8(truncatingIfNeeded: status / 10 % 10)
        unsafe statusDigits[2] = 0x30 + UInt8(truncatingIfNeeded: status % 10)
        let name: StaticString = ":status"
        return unsafe nghttp2_nv(
            name: UnsafeMutablePointer(mutating: name.utf8Start),
            value: statusDigits,
            namelen: name.utf8CodeUnitCount,
            valuelen: 3,
            flags: UInt8(NGHTTP2_NV_FLAG_NONE.rawValue)
        )
    }

    /// PING and SETTINGS acknowledgements queued before the peer is taken for a flooder.
    private static let acknowledgementsMax = 512
}
