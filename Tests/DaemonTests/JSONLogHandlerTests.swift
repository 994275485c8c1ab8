import Encoding
import Logging
import Testing

@testable import Daemon

@Suite
struct JSONLogHandlerTests {
    private func logged(
        level: Logger.Level = .info,
        _ body: (inout Logger) -> Void
    ) throws -> String {
        let folder = try TemporaryFolder()
        let sink = try LineSink(path: folder.path + "/log")
        var logger = Logger(label: "test") { _ in
            JSONLogHandler(sink: sink, level: level) { Timestamp(milliseconds: 1_795_443_755_123) }
        }
        body(&logger)
        sink.close()
        return try folder.read("log")
    }

    @Test("an event is one line with time, level, message and metadata")
    func event() throws {
        let text = try logged { logger in
            logger[metadataKey: "request_id"] = "r1"
            logger.warning("slow \"store\"", metadata: ["ms": "\(12)"])
        }
        #expect(
            text == #"{"time":"2026-11-23T14:22:35.123Z","level":"warning","#
                + #""message":"slow \"store\"","ms":"12","request_id":"r1"}"# + "\n"
        )
    }

    @Test("maps in metadata are flattened, and keys can't hide the event's own")
    func metadata() throws {
        let text = try logged { logger in
            logger.info(
                "m",
                metadata: [
                    "peer": ["address": "a", "tls": "1.3"], "list": ["x", "y"], "level": "z",
                ]
            )
        }
        #expect(
            text.contains(#""level_":"z","list":["x","y"],"peer.address":"a","peer.tls":"1.3""#)
        )
    }

    @Test("events below the level aren't written")
    func level() throws {
        #expect(try logged { $0.debug("quiet") } == "")
        #expect(try logged(level: .debug) { $0.debug("loud") }.contains("\"source\""))
    }

    @Test("control characters can't begin a second line")
    func controls() {
        var line = JSONLine()
        line.add("a\n", "b\r\n\u{0}\u{7f}\\é")
        let text = String(decoding: line.finish(), as: UTF8.self)
        #expect(text == #"{"a\n":"b\u000d\n\u0000\u007f\\é"}"# + "\n")
    }
}
