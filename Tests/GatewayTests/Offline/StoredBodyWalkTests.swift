import SealedObject
import Testing

@testable import Gateway

@Suite struct StoredBodyWalkTests {
    private let keys: TestKeys
    private let objectID: Identifier
    private let objectKey: ObjectEncryptionKey

    init() async throws {
        keys = try await TestKeys()
        objectID = try Identifier.random()
        objectKey = try ObjectEncryptionKey.random()
    }

    private func envelope(_ body: EnvelopeBody) async throws -> Envelope {
        let wrapping = try await keys.services.access.wrappingKey(
            for: .managed,
            bucket: "demo",
            key: "key"
        )
        return try Envelope(
            sealing: objectKey,
            objectID: objectID,
            body: body,
            attributes: ObjectAttributes(),
            under: wrapping,
            place: ("demo", "key"),
            attributeKey: keys.ring.attributeKey
        )
    }

    private func header(
        _ part: UInt32?,
        _ count: Int,
        id: Identifier? = nil
    ) throws -> StreamHeader {
        let facts = try StreamFacts(
            objectID: id ?? objectID,
            partNumber: part,
            plaintextCount: count,
            salt: try Salt.random()
        )
        return try StreamSealer(facts: facts, objectKey: objectKey.bytes).header
    }

    /// Walks a body of these headers, in which every stream has the length that its header says.
    private func walk(
        _ envelope: Envelope,
        _ headers: [StreamHeader],
        storedCount: Int? = nil
    ) -> SealedObjectError? {
        let sum = headers.reduce(0) { $0 + $1.facts.layout.storedCount }
        var walk = StoredBodyWalk(envelope, storedCount: storedCount ?? sum)
        var offset = 0
        do throws(SealedObjectError) {
            for header in headers {
                guard let wanted = walk.wanted else { break }
                #expect(wanted == offset..<(offset + 96))
                try walk.take(header.bytes)
                offset += header.facts.layout.storedCount
            }
            try walk.finish()
            #expect(walk.wanted == nil)
            return nil
        } catch {
            return error
        }
    }

    @Test("one stream is the one that its envelope commits to")
    func stream() async throws {
        for count in [0, 1, 65_536, 65_537] {
            let own = try header(nil, count)
            let envelope = try await envelope(EnvelopeBody(own))
            #expect(walk(envelope, [own]) == nil)
            #expect(walk(envelope, [try header(nil, count)]) == .headerMismatch)
            #expect(walk(envelope, [try header(1, count)]) == .headerMismatch)
            let other = StreamHeader(
                facts: own.facts,
                commitment: try Commitment([UInt8](repeating: 0, count: 32))
            )
            #expect(walk(envelope, [other]) == .commitmentMismatch)
            let stored = own.facts.layout.storedCount
            #expect(walk(envelope, [own], storedCount: stored - 1) == .storedCountInvalid)
            #expect(walk(envelope, [own], storedCount: stored + 1) == .storedTruncated)
            #expect(walk(envelope, [own, own]) == .headerMismatch)
        }
    }

    @Test("parts ascend, belong to the object, and are as many and as long as promised")
    func parts() async throws {
        let headers = [try header(1, 70_000), try header(3, 0), try header(10_000, 5)]
        let envelope = try await envelope(.parts(count: 3, plaintextCount: 70_005))
        #expect(walk(envelope, headers) == nil)
        #expect(walk(envelope, [headers[0], headers[2]]) == .partTableMismatch)
        #expect(walk(envelope, [headers[1], headers[0]]) == .partTableOrderInvalid)
        #expect(walk(envelope, [headers[0], headers[0]]) == .partTableOrderInvalid)
        #expect(walk(envelope, [headers[0], try header(nil, 5)]) == .headerMismatch)
        let stranger = try header(3, 0, id: try Identifier.random())
        #expect(walk(envelope, [headers[0], stranger]) == .headerMismatch)
        let longer = [headers[0], headers[1], try header(4, 6)]
        #expect(walk(envelope, longer) == .partTableMismatch)
        #expect(walk(envelope, [headers[0]], storedCount: 1000) == .storedCountInvalid)
        #expect(walk(envelope, []) == .storedTruncated)
    }

    @Test("of an object whose envelope doesn't know its parts, they are held against its id alone")
    func upload() async throws {
        let envelope = try await envelope(.upload)
        #expect(walk(envelope, [try header(2, 7), try header(9, 8)]) == nil)
        #expect(walk(envelope, [try header(nil, 7)]) == .headerMismatch)
    }

    @Test("bytes that are no header are refused, whatever they are")
    func garbage() async throws {
        let own = try header(nil, 10)
        let envelope = try await envelope(EnvelopeBody(own))
        for index in 0..<96 {
            var bytes = own.bytes
            bytes[index] ^= 1
            var walk = StoredBodyWalk(envelope, storedCount: own.facts.layout.storedCount)
            #expect(throws: SealedObjectError.self) { try walk.take(bytes) }
        }
        var walk = StoredBodyWalk(envelope, storedCount: 50)
        #expect(throws: SealedObjectError.lengthInvalid) { try walk.take([1, 2, 3]) }
    }
}
