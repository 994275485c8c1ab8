import Encoding
import HTTPWire
import S3Wire
import Testing

@Suite struct VersioningTests {
    private func configuration(_ text: String) throws -> VersioningConfiguration {
        try VersioningConfiguration(
            xml: Array("<VersioningConfiguration>\(text)</VersioningConfiguration>".utf8)
        )
    }

    @Test("a state is set by its name, MfaDelete is refused, nothing is no state")
    func states() throws {
        #expect(try configuration("<Status>Enabled</Status>").requested() == .enabled)
        let suspended = "<Status>Suspended</Status><MfaDelete>Disabled</MfaDelete>"
        #expect(try configuration(suspended).requested() == .suspended)
        #expect {
            _ = try configuration("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>")
                .requested()
        } throws: {
            ($0 as? S3Error)?.code == .notImplemented
        }
        #expect {
            _ = try configuration("").requested()
        } throws: {
            ($0 as? S3Error)?.code == .illegalVersioningConfiguration
        }
        for text in ["<Status>On</Status>", "<Status/>", "<MfaDelete>x</MfaDelete>", "<X/>"] {
            #expect(throws: XMLError.self) { try configuration(text) }
        }
        for state in BucketVersioning.allCases {
            let document = VersioningConfiguration(status: state)
            #expect(try VersioningConfiguration(xml: document.xml) == document)
        }
    }

    @Test("a listing of versions comes back, awkward keys too", arguments: [false, true])
    func listing(encodesKeys: Bool) throws {
        var listing = VersionListing(bucket: "b")
        listing.prefix = "a +"
        listing.delimiter = "/"
        listing.keyMarker = "k&"
        listing.versionIDMarker = "v"
        listing.nextKeyMarker = "é<"
        listing.nextVersionIDMarker = "w"
        listing.encodesKeys = encodesKeys
        listing.isTruncated = true
        listing.commonPrefixes = ["a +/"]
        listing.versions = [true, false].map { isDeleteMarker in
            VersionListing.Version(
                object: ObjectListing.Entry(
                    key: "é<",
                    lastModified: Timestamp(milliseconds: 1_700_000_000_123),
                    entityTag: isDeleteMarker ? "" : "e",
                    size: isDeleteMarker ? 0 : 7,
                    metadata: isDeleteMarker ? nil : "m"
                ),
                versionID: "null",
                isLatest: isDeleteMarker,
                isDeleteMarker: isDeleteMarker
            )
        }
        #expect(try VersionListing(xml: listing.xml) == listing)
    }

    @Test("an outcome is told by two fields, and by none without versions")
    func outcome() {
        for outcome in [
            VersionOutcome(), VersionOutcome(versionID: "v"),
            VersionOutcome(versionID: "m", isDeleteMarker: true),
        ] {
            var fields = HTTPFields()
            outcome.append(to: &fields)
            #expect(VersionOutcome(fields) == outcome)
            #expect(fields.isEmpty == (outcome == VersionOutcome()))
        }
    }

    @Test("a marker of a version wants one of a key")
    func parameters() throws {
        func read(_ text: String) throws -> VersionListParameters {
            let target = try S3Target(target: "/b?" + text, authority: "store")
            return try VersionListParameters(target.query)
        }
        let read1 = try read("versions&key-marker=k&version-id-marker=v&max-keys=5000")
        #expect(read1.keyMarker == "k" && read1.versionIDMarker == "v" && read1.maxKeys == 1000)
        #expect(try read("versions&version-id-marker=").versionIDMarker == nil)
        #expect(throws: S3Error.self) { try read("versions&version-id-marker=v") }
    }
}
