import Crypto
import SealedObject

/// Opens a vector in the order that Fixtures/sealed-object/README.md gives.
struct VectorReader {
    let vector: Vector
    private(set) var released: [UInt8] = []
    /// The check that refused it, or "success".
    private(set) var outcome = "success"

    init(_ vector: Vector, pieces: [Int]) throws {
        self.vector = vector
        do {
            try open(pieces: pieces)
        } catch let refusal as Refusal {
            outcome = refusal.category
        }
    }

    private struct Refusal: Error { let category: String }

    /// Runs one stage; what it throws is refused under the stage's name for it.
    private func stage<Result: ~Copyable>(
        _ category: (SealedObjectError) -> String,
        _ body: () throws -> Result
    ) throws -> Result {
        do { return try body() } catch let error as SealedObjectError {
            throw Refusal(category: category(error))
        }
    }

    private mutating func open(pieces: [Int]) throws {
        let envelope = try stage({ _ in "envelope" }) {
            try Envelope(text: Array(vector.text("envelope").utf8))
        }
        let context = EnvelopeContext(
            bucket: try vector.text("bucket"),
            key: try vector.text("key"),
            reference: envelope.reference,
            bucketKeyKMSKeyID: vector.optional("kms-key-id") ?? ""
        )
        let attributeKey = envelope.mode == .customer ? "wrapping-key" : "attribute-key"
        let attributes = try stage(Self.attributeCategory) {
            try envelope.openAttributes(vector.secret(attributeKey), context: context)
        }
        let objectKey = try stage({ $0 == .keyCheckMismatch ? "key-check" : "key-box" }) {
            try envelope.openKey(vector.secret("wrapping-key"), context: context)
        }
        for (number, bytes) in try vector.records {
            _ = try stage({ _ in "part-record" }) {
                try PartRecord(parsing: bytes).open(
                    objectKey: objectKey,
                    objectID: envelope.objectID,
                    expectedNumber: number
                )
            }
        }
        let (opener, body) = try opener(envelope, attributes, objectKey)
        let reading = Reading(opener, body, pieces: pieces)
        released = reading.released
        if let error = reading.error { throw Refusal(category: Self.streamCategory(error)) }
    }

    private func opener(
        _ envelope: Envelope,
        _ attributes: ObjectAttributes,
        _ objectKey: borrowing SecretBytes
    ) throws -> (ObjectOpener, [UInt8]) {
        let checksSize = vector.optional("check-size") != "no"
        guard let facts = envelope.streamFacts, let commitment = envelope.commitment else {
            let table = try self.table(envelope, attributes, objectKey)
            let layout = try MultipartLayout(table)
            if checksSize {
                try stage({ _ in "stored-size" }) {
                    try layout.verify(storedCount: vector.body.count)
                }
            }
            let opener = try ObjectOpener(
                objectID: envelope.objectID,
                slices: layout.whole,
                objectKey: objectKey
            )
            return (opener, vector.body)
        }
        if checksSize {
            try stage({ _ in "stored-size" }) {
                try facts.layout.verify(storedCount: vector.body.count)
            }
        }
        let slice = try vector.range.map { try facts.layout.slice($0) } ?? facts.layout.whole
        let body = try vector.range == nil ? vector.body : Array(vector.body[slice.storedRange])
        do {
            let opener = try ObjectOpener(
                facts: facts,
                commitment: commitment,
                slice: slice,
                objectKey: objectKey
            )
            return (opener, body)
        } catch { throw Refusal(category: Self.streamCategory(error)) }
    }

    private func table(
        _ envelope: Envelope,
        _ attributes: ObjectAttributes,
        _ objectKey: borrowing SecretBytes
    ) throws -> PartTable {
        guard let tableID = attributes.tableID else { throw Refusal(category: "table") }
        do {
            let table = try PartTable(
                opening: vector.bytes("table"),
                objectKey: objectKey,
                objectID: envelope.objectID,
                expectedID: tableID
            )
            try table.verify(against: envelope.body)
            return table
        } catch is SealedObjectError { throw Refusal(category: "table") }
    }

    private static func attributeCategory(_ error: SealedObjectError) -> String {
        switch error {
        case .attributeBoxRefused: "attribute-box"
        case .keyCheckMismatch: "key-check"
        default: "attributes"
        }
    }

    private static func streamCategory(_ error: SealedObjectError) -> String {
        switch error {
        case .commitmentMismatch: "commitment"
        case .segmentRefused: "segment"
        case .storedTooLong: "excess"
        case .storedTruncated: "truncated"
        default: "header"
        }
    }
}
