internal import Glibc

/// Compares an index with the files beside it, one of the 256 folders at a time.
struct StoreCheck {
    private let path: String
    private let progress: (String) -> Void

    init(_ path: String, _ progress: @escaping (String) -> Void) {
        self.path = path
        self.progress = progress
    }

    func run() throws(StoreError) -> CheckReport {
        var report = CheckReport()
        let audit = try IndexAudit(path: path + "/index.sqlite")
        defer { audit.close() }
        progress("reading the index")
        for damage in try audit.damages() {
            report.add(.init(problem: .indexDamaged, detail: damage))
        }
        guard report.isClean else { return report }
        report.objectCount = try audit.objectCount()
        try audit.collectFiles()
        for number in 0...255 {
            try checkFolder(UInt8(truncatingIfNeeded: number), audit, &report)
            if number % 16 == 15 {
                progress("\(number + 1) of 256 folders, \(report.fileCount) files")
            }
        }
        report.leftoverCount += Int64(try FileCalls.names(in: path + "/tmp").count)
        progress("looking for the owners of what was found")
        try audit.visitUnreadable { report.add($0) }
        return report
    }

    private func checkFolder(
        _ byte: UInt8,
        _ audit: IndexAudit,
        _ report: inout CheckReport
    ) throws(StoreError) {
        let folder = "objects/" + FileID.folder(byte)
        var found: [FileID: Int64] = [:]
        for name in try FileCalls.names(in: path + "/" + folder) {
            let file = folder + "/" + name
            guard let id = FileID(name: name), id.bytes.first == byte else {
                report.add(.init(problem: .strangeFile, file: file))
                continue
            }
            found[id] = FileCalls.size(at: path + "/" + file)
        }
        for named in try audit.files(inFolder: byte) {
            let file = folder + "/" + named.id.name
            let size = found.removeValue(forKey: named.id)
            if let size {
                report.fileCount += 1
                report.byteCount += size
            }
            guard let expected = named.size else {
                report.add(.init(problem: .fileUnowned, file: file))
                continue
            }
            if !named.isListed { report.add(.init(problem: .fileUnlisted, file: file)) }
            if size == nil {
                try audit.markUnreadable(named.id, .fileMissing, "")
            } else if let size, size != expected {
                let detail = "\(size) bytes, the index says \(expected)"
                try audit.markUnreadable(named.id, .fileSizeWrong, detail)
            }
        }
        report.leftoverCount += Int64(found.count)
    }
}
