import Foundation
import Testing

@testable import Daemon

@Suite
struct LineSinkTests {
    @Test("lines are written in their order, to a file of mode 0600")
    func order() throws {
        let folder = try TemporaryFolder()
        let sink = try LineSink(path: folder.path + "/log")
        for number in 0..<1000 { sink.write(Array("line \(number)\n".utf8)) }
        sink.close()
        let text = try folder.read("log")
        #expect(text == (0..<1000).map { "line \($0)\n" }.joined())
        #expect(try folder.mode("log") == 0o600)
        #expect(sink.linesDropped == 0)
    }

    @Test("what is flushed is in the file")
    func flush() throws {
        let folder = try TemporaryFolder()
        let sink = try LineSink(path: folder.path + "/log")
        sink.write(Array("one\n".utf8))
        sink.flush()
        #expect(try folder.read("log") == "one\n")
        sink.close()
    }

    @Test("a line that doesn't fit the queue is dropped whole and counted")
    func full() throws {
        let folder = try TemporaryFolder()
        let sink = try LineSink(path: folder.path + "/log", queueBytesMax: 8)
        sink.write(Array("123456789\n".utf8))
        sink.write(Array("1234567\n".utf8))
        sink.close()
        #expect(try folder.read("log") == "1234567\n")
        #expect(sink.linesDropped == 1)
    }

    @Test("a line after the close is dropped and counted")
    func closed() throws {
        let folder = try TemporaryFolder()
        let sink = try LineSink(path: folder.path + "/log")
        sink.close()
        sink.close()
        try sink.reopen()
        sink.write(Array("late\n".utf8))
        #expect(sink.linesDropped == 1)
        #expect(try folder.read("log") == "")
    }

    @Test("lines that can't be written are counted")
    func broken() throws {
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let sink = try LineSink(descriptor: full.fileDescriptor)
        sink.write(Array("one\n".utf8))
        sink.close()
        #expect(sink.linesDropped == 1)
    }

    @Test("reopening goes on in a new file, and appends to an existing one")
    func reopen() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/log"
        let sink = try LineSink(path: path)
        sink.write(Array("one\n".utf8))
        sink.flush()
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        sink.write(Array("two\n".utf8))
        try sink.reopen()
        sink.write(Array("three\n".utf8))
        sink.flush()
        try sink.reopen()
        sink.write(Array("four\n".utf8))
        sink.close()
        #expect(try folder.read("log.1") == "one\ntwo\n")
        #expect(try folder.read("log") == "three\nfour\n")
    }

    @Test("a file that can't be opened is refused; the old one stays in use")
    func unusable() throws {
        let folder = try TemporaryFolder()
        let inner = folder.path + "/inner"
        let reason = "No such file or directory"
        let expected = LineSink.OpenError.fileUnusable(path: inner + "/log", reason: reason)
        #expect(throws: expected) { try LineSink(path: inner + "/log") }
        try FileManager.default.createDirectory(atPath: inner, withIntermediateDirectories: true)
        let sink = try LineSink(path: inner + "/log")
        try FileManager.default.moveItem(atPath: inner, toPath: folder.path + "/moved")
        #expect(throws: expected) { try sink.reopen() }
        sink.write(Array("kept\n".utf8))
        sink.close()
        #expect(try folder.read("moved/log") == "kept\n")
    }
}
