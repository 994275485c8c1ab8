import CNGHTTP2
import NIOCore

/// A client over libnghttp2, in memory.
final class HTTP2TestClient {
    /// What came back on one stream.
    struct Response {
        var status: Int?
        var fields: [(String, String)] = []
        var trailers: [(String, String)] = []
        var body: [UInt8] = []
        var isEnded = false
        var errorCode: UInt32?
    }

    private var session: OpaquePointer?
    private(set) var responses: [Int32: Response] = [:]
    private(set) var settings: [Int32: UInt32] = [:]
    private(set) var goAways: [UInt32] = []
    private(set) var dataOrder: [Int32] = []
    /// The body of each upload that isn't sent yet.
    private var uploads: [Int32: ArraySlice<UInt8>] = [:]
    /// Bytes of uploads that left.
    private(set) var uploaded = 0

    struct Unavailable: Error {}

    init(window: UInt32 = 65_535, automaticCredit: Bool = true) throws {
        var callbacks: OpaquePointer?
        nghttp2_session_callbacks_new(&callbacks)
        defer { nghttp2_session_callbacks_del(callbacks) }
        guard let callbacks else { throw Unavailable() }
        Self.addCallbacks(callbacks)
        var option: OpaquePointer?
        nghttp2_option_new(&option)
        defer { nghttp2_option_del(option) }
        nghttp2_option_set_no_auto_window_update(option, automaticCredit ? 0 : 1)
        let data = Unmanaged.passUnretained(self).toOpaque()
        nghttp2_session_client_new2(&session, callbacks, data, option)
        let entry = nghttp2_settings_entry(
            settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
            value: window
        )
        nghttp2_submit_settings(session, 0, [entry], 1)
    }

    deinit { nghttp2_session_del(session) }

    /// Begins a request; `body` nil where there is none.
    @discardableResult
    func request(
        _ method: String,
        _ path: String = "/",
        authority: String? = "localhost",
        fields: [(String, String)] = [],
        body: [UInt8]? = nil
    ) -> Int32 {
        var all = [(":method", method), (":scheme", "https"), (":path", path)]
        if let authority { all.append((":authority", authority)) }
        all += fields
        let text = all.map { (Array($0.0.utf8), Array($0.1.utf8)) }
        let bytes = text.flatMap { $0.0 + $0.1 }
        return bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return -1 }
            let start = UnsafeMutablePointer(mutating: base)
            var offset = 0
            let entries = text.map { name, value in
                defer { offset += name.count + value.count }
                return nghttp2_nv(
                    name: start + offset,
                    value: start + offset + name.count,
                    namelen: name.count,
                    valuelen: value.count,
                    flags: 0
                )
            }
            guard let body else {
                return nghttp2_submit_request(session, nil, entries, entries.count, nil, nil)
            }
            var provider = nghttp2_data_provider()
            provider.read_callback = { _, stream, target, count, flags, _, data in
                guard let data, let target, let flags else { return -1 }
                return Unmanaged<HTTP2TestClient>.fromOpaque(data).takeUnretainedValue()
                    .upload(stream, target, count, flags)
            }
            let stream = nghttp2_submit_request(
                session,
                nil,
                entries,
                entries.count,
                &provider,
                nil
            )
            uploads[stream] = body[...]
            return stream
        }
    }

    func reset(_ stream: Int32) {
        nghttp2_submit_rst_stream(session, 0, stream, NGHTTP2_CANCEL.rawValue)
    }

    func ping() { nghttp2_submit_ping(session, 0, nil) }

    func consume(_ count: Int, _ stream: Int32) { nghttp2_session_consume(session, stream, count) }

    func send() -> [UInt8] {
        var bytes: [UInt8] = []
        var start: UnsafePointer<UInt8>?
        while true {
            let count = nghttp2_session_mem_send(session, &start)
            guard count > 0, let start else { return bytes }
            bytes += UnsafeBufferPointer(start: start, count: count)
        }
    }

    func receive(_ bytes: [UInt8]) { nghttp2_session_mem_recv(session, bytes, bytes.count) }

    private func upload(
        _ stream: Int32,
        _ target: UnsafeMutablePointer<UInt8>,
        _ countMax: Int,
        _ flags: UnsafeMutablePointer<UInt32>
    ) -> Int {
        let rest = uploads[stream] ?? []
        let piece = rest.prefix(countMax)
        for (index, byte) in piece.enumerated() { target[index] = byte }
        uploads[stream] = rest.dropFirst(countMax)
        uploaded += piece.count
        if piece.count == rest.count { flags.pointee |= NGHTTP2_DATA_FLAG_EOF.rawValue }
        return piece.count
    }

    private func field(_ frame: nghttp2_frame, _ name: String, _ value: String) {
        let stream = frame.hd.stream_id
        if name == ":status" {
            responses[stream, default: Response()].status = Int(value)
        } else if frame.headers.cat == NGHTTP2_HCAT_RESPONSE {
            responses[stream, default: Response()].fields.append((name, value))
        } else {
            responses[stream, default: Response()].trailers.append((name, value))
        }
    }

    private func frame(_ frame: nghttp2_frame) {
        switch UInt32(frame.hd.type) {
        case NGHTTP2_SETTINGS.rawValue:
            for index in 0..<frame.settings.niv {
                let entry = frame.settings.iv[index]
                settings[entry.settings_id] = entry.value
            }
        case NGHTTP2_GOAWAY.rawValue: goAways.append(frame.goaway.error_code)
        case NGHTTP2_DATA.rawValue, NGHTTP2_HEADERS.rawValue:
            guard frame.hd.flags & 1 != 0 else { return }
            responses[frame.hd.stream_id, default: Response()].isEnded = true
        default: break
        }
    }

    private static func addCallbacks(_ table: OpaquePointer) {
        nghttp2_session_callbacks_set_on_header_callback(table) {
            _,
            frame,
            name,
            nameCount,
            value,
            valueCount,
            _,
            data in
            guard let data, let frame else { return 0 }
            let nameBytes = UnsafeBufferPointer(start: name, count: nameCount)
            let valueBytes = UnsafeBufferPointer(start: value, count: valueCount)
            Unmanaged<HTTP2TestClient>.fromOpaque(data).takeUnretainedValue().field(
                frame.pointee,
                String(decoding: nameBytes, as: UTF8.self),
                String(decoding: valueBytes, as: UTF8.self)
            )
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(table) { _, frame, data in
            guard let data, let frame else { return 0 }
            Unmanaged<HTTP2TestClient>.fromOpaque(data).takeUnretainedValue().frame(frame.pointee)
            return 0
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(table) {
            _,
            _,
            stream,
            bytes,
            count,
            data in
            guard let data else { return 0 }
            let client = Unmanaged<HTTP2TestClient>.fromOpaque(data).takeUnretainedValue()
            let piece = UnsafeBufferPointer(start: bytes, count: count)
            client.responses[stream, default: Response()].body += piece
            client.dataOrder.append(stream)
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(table) { _, stream, code, data in
            guard let data else { return 0 }
            let client = Unmanaged<HTTP2TestClient>.fromOpaque(data).takeUnretainedValue()
            client.responses[stream, default: Response()].errorCode = code
            return 0
        }
    }
}
