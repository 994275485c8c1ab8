internal import Daemon
internal import Glibc
internal import HTTPWire
internal import NIOCore
internal import Transport

/// Whether a large body goes to the client as open files, beside the answer
/// (docs/backend-dialect.md, "Files").
enum FileHandover: Equatable {
    /// Smaller bodies are sent: that costs less than opening and passing files.
    static let bytesMin: Int64 = 262_144

    /// They are on their way; the answer names the token.
    case passed(token: UInt64)
    /// They are sent with the answer.
    case declined
    /// So they are, for the link isn't known, and the answer says so.
    case linkUnknown

    /// The fields of the answer.
    func adapted(_ fields: HTTPFields) -> HTTPFields {
        var fields = fields
        switch self {
        case .passed(let token):
            fields.set("content-length", "0")
            fields.append(FilePool.tokenField, String(token))
        case .linkUnknown: fields.append(FilePool.linkField, FilePool.unknownLink)
        case .declined: break
        }
        return fields
    }
}

extension DialectCall {
    /// Passes the files of a large body whose beginning is in memory, where the request names a
    /// link for them; the opened body is given back then.
    func handOver(_ opened: OpenedBody, _ range: Range<Int64>) -> FileHandover {
        guard Int64(range.count) >= FileHandover.bytesMin,
            let link = request.head.fields[FilePool.linkField],
            let pieces = opened.filePieces(of: range), pieces.count <= FileLinks.piecesMax
        else { return .declined }
        var handles: [NIOFileHandle] = []
        defer { for handle in handles { try? handle.close() } }
        var sent: [FileLinks.Piece] = []
        var looked: Int64 = 0
        for piece in pieces {
            var handle = opened.handle
            if handle == nil,
                let descriptor = try? services.files.open(piece.file, count: piece.fileCount)
            {
                let made = NIOFileHandle(_deprecatedTakingOwnershipOfDescriptor: descriptor)
                handles.append(made)
                handle = made
            }
            guard let descriptor = handle?.descriptor else { return .declined }
            let look = piece.range.prefix(DownloadHandler.lookBytes - looked)
            guard look.isEmpty || services.files.isCached(look, of: descriptor) else {
                return .declined
            }
            looked += Int64(look.count)
            sent.append(.init(descriptor: descriptor, range: piece.range))
        }
        switch services.links.send(sent, over: link) {
        case .sent(let token):
            opened.giveBack(to: services.files)
            services.metrics.passedFiles.increment(by: UInt64(sent.count))
            services.metrics.passedBytes.increment(by: UInt64(range.count))
            return .passed(token: token)
        case .refused: return .declined
        case .unknownLink: return .linkUnknown
        }
    }
}

extension OpenedBody {
    /// Bytes of one file of a body.
    struct FilePiece {
        var file: FileID
        /// The file's length.
        var fileCount: Int64
        var range: Range<Int64>
    }

    /// The pieces that make up a range of the body; `nil` where not all of it is in files.
    func filePieces(of range: Range<Int64>) -> [FilePiece]? {
        var pieces: [FilePiece] = []
        var position = range.lowerBound
        for segment in segments where position < range.upperBound {
            guard case .file(let id) = segment.body, position >= segment.offset else { return nil }
            let first = position - segment.offset
            let last = min(segment.size, range.upperBound - segment.offset)
            guard first < last else { return nil }
            pieces.append(FilePiece(file: id, fileCount: segment.size, range: first..<last))
            position = segment.offset + last
        }
        return position == range.upperBound ? pieces : nil
    }

    /// Closes what is open of it, and ends the lease.
    func giveBack(to files: BodyFiles) {
        try? handle?.close()
        if let lease { files.release(lease) }
    }
}
