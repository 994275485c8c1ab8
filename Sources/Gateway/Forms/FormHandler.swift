import HTTPWire
import NIOCore
import S3Wire
import Transport

/// PostObject: a form's fields are read and judged, then its file is uploaded as any object is.
///
/// Who sends it stands in the fields, so nothing but their limits is known before: they are read
/// into memory, the policy and what it allows are checked, and only then the file is looked at.
/// A sealed stream states its length first. Of a large file, which must be the last part, it
/// follows from the body's; a small one is held until its end was found. Bound to its event loop.
final class FormHandler: HTTPServerHandler {
    // From the file on it is the write that the form asks for.
    private var scope: RequestScope
    private var reader: FormReader?
    private var form: FormRequest?
    private var upload: UploadHandler?
    // Of the body, before the piece that came last.
    private var receivedCount: UInt64 = 0
    // Of the file.
    private var fileCount: UInt64 = 0
    private var fileCountStated: UInt64?
    private var held: [UInt8] = []
    // What was received and isn't the upload's to give credit for.
    private var uncredited = 0
    private var isOver = false

    init(_ scope: RequestScope) { self.scope = scope }

    /// Begins to read; refuses what can be refused by the head.
    func begin() {
        do throws(S3Error) {
            try FormRequest.check(scope)
            let type = scope.head.fields["content-type"] ?? ""
            do throws(FormError) {
                reader = try FormReader(
                    contentType: type,
                    limits: scope.loop.services.options.form
                )
            } catch {
                throw error.response
            }
            scope.sendContinue()
        } catch {
            fail(error)
        }
    }

    func received(_ body: Span<UInt8>) {
        uncredited += body.count
        if !isOver {
            do throws(S3Error) {
                var position = 0
                while !isOver, let event = try next(body, &position) {
                    try take(event, body, position)
                }
            } catch {
                fail(error)
            }
        }
        receivedCount += UInt64(body.count)
        guard uncredited > 0 else { return }
        scope.exchange.consume(uncredited)
        uncredited = 0
    }

    func receivedEnd(trailers: HTTPFields) {
        guard !isOver else { return }
        do throws(S3Error) {
            do throws(FormError) { try reader?.finish() } catch { throw error.response }
            if upload == nil {
                try start(fileCount)
                upload?.received(held.span)
                held = []
            }
            upload?.receivedEnd(trailers: HTTPFields())
        } catch {
            fail(error)
        }
    }

    func becameWritable() { upload?.becameWritable() }

    func closed(complete: Bool) {
        isOver = true
        wipeFields()
        if let upload {
            upload.closed(complete: complete)
        } else {
            scope.finish(complete: complete)
        }
    }

    private func next(
        _ body: Span<UInt8>,
        _ position: inout Int
    ) throws(S3Error) -> FormReader.Event? {
        do throws(FormError) { return try reader?.next(body, &position) } catch {
            throw error.response
        }
    }

    private func take(
        _ event: FormReader.Event,
        _ body: Span<UInt8>,
        _ position: Int
    ) throws(S3Error) {
        switch event {
        case .file(let name): try begin(file: name, at: receivedCount + UInt64(position))
        case .data(let range): try take(file: body.extracting(range))
        case .withheld(let count):
            guard let reader else { return }
            try take(file: reader.delimiter.span.extracting(first: count))
        case .fileEnded:
            guard fileCount == fileCountStated ?? fileCount else { throw Self.fileNotLast }
        }
    }

    /// The fields are complete: who sends the form, and whether it may be.
    private func begin(file name: [UInt8], at offset: UInt64) throws(S3Error) {
        guard let reader, case .known(let bodyCount) = scope.head.bodyLength,
            offset <= bodyCount
        else { throw S3Error(.malformedPOSTRequest) }
        defer { wipeFields() }
        let form = try FormRequest(reader.fields, fileName: name, of: scope)
        self.form = form
        scope = form.scope
        try form.check()
        let rest = bodyCount - offset
        let closingCount = UInt64(reader.closingCount)
        let isHeld = rest <= UInt64(scope.loop.services.options.formFileBytesMax)
        guard !isHeld, rest >= closingCount else { return }
        fileCountStated = rest - closingCount
        try start(rest - closingCount)
    }

    /// Begins the upload of a file of so many bytes.
    private func start(_ count: UInt64) throws(S3Error) {
        guard let form else { return }
        scope = FormRequest.scope(scope, bodyCount: count)
        try form.policy?.check(fileCount: count)
        let upload = UploadHandler(scope, FormUpload(scope, form.success))
        self.upload = upload
        upload.begin()
    }

    private func take(file bytes: Span<UInt8>) throws(S3Error) {
        fileCount += UInt64(bytes.count)
        guard let stated = fileCountStated else {
            unsafe bytes.withUnsafeBufferPointer { unsafe held.append(contentsOf: $0) }
            return
        }
        guard fileCount <= stated else { throw Self.fileNotLast }
        uncredited -= bytes.count
        upload?.received(bytes)
    }

    /// The length of a file that something follows shows only at its end.
    static let fileNotLast = S3Error(
        .malformedPOSTRequest,
        "In a large form the file must be the last field, and end with the closing boundary and "
            + "CR LF."
    )

    /// Customers' keys among the fields: the write has its own copy.
    private func wipeFields() {
        if let reader { SSEHeader.wipeKeys(in: reader.fields) }
    }

    private func fail(_ error: S3Error) {
        guard !isOver else { return }
        isOver = true
        held = []
        if let upload { upload.fail(error) } else { scope.fail(error) }
    }
}
