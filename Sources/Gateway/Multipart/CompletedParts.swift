import Crypto
import Encoding
import S3Wire
import SealedObject

/// The parts that a Complete names, found among the upload's and verified.
struct CompletedParts {
    /// For the part table, ascending.
    let table: [PartTable.Part]
    /// The same parts in the store's terms: its ETags name the exact attempts.
    let stored: [CompletionRequest.Part]
    /// What clients know each part by, without quotes.
    let entityTags: [String]
    /// The parts' sealed checksums, where every part has one of the same algorithm.
    let checksums: [ObjectChecksum]

    /// Finds each part by number and ETag.
    ///
    /// - Throws: `InvalidPart`, `EntityTooSmall`, `BadDigest` for a checksum that isn't the part's.
    init(
        _ wanted: CompletionRequest,
        _ listing: PartListing,
        _ opened: OpenedUpload
    ) throws(S3Error) {
        let listed = Dictionary(
            listing.parts.map { ($0.partNumber, $0) },
            uniquingKeysWith: { _, last in last }
        )
        var table: [PartTable.Part] = []
        var stored: [CompletionRequest.Part] = []
        var entityTags: [String] = []
        var checksums: [ObjectChecksum] = []
        for (index, part) in wanted.parts.enumerated() {
            guard let found = listed[part.partNumber] else { throw Self.invalid(part, opened) }
            let record = try PartRecord(listed: found)
            let facts = try record.facts(opened)
            guard facts.entityTag == EntityTag.unquoted(part.entityTag) else {
                throw Self.invalid(part, opened)
            }
            // A checksum that the part came without can't be what the client means it to be.
            guard part.checksums.allSatisfy(facts.checksums.contains) else {
                throw Self.invalid(part, opened)
            }
            guard
                index == wanted.parts.count - 1
                    || record.plaintextCount >= CompletionWork.partBytesMin
            else { throw Self.tooSmall(part, record) }
            table.append(record.part)
            stored.append(.init(partNumber: part.partNumber, entityTag: found.entityTag))
            entityTags.append(facts.entityTag)
            checksums += facts.sealed.checksums.prefix(1)
        }
        self.table = table
        self.stored = stored
        self.entityTags = entityTags
        let algorithms = Set(checksums.map(\.algorithm))
        self.checksums =
            checksums.count == table.count && algorithms.count == 1 ? checksums : []
    }

    /// The ETag of an SSE-S3 object in parts: the MD5 of the parts' MD5s, and how many they are.
    var digestETag: String? {
        var digests: [UInt8] = []
        for tag in entityTags {
            guard let digest = Hex.decode(tag), digest.count == 16 else { return nil }
            digests += digest
        }
        return "\(Hex.encode(HashFunction.md5.digest(digests)))-\(entityTags.count)"
    }

    /// The object's checksum, where every part has its own.
    ///
    /// - Parameter asked: what Create asked for, whose value says nothing; else the algorithm's
    ///   default decides what the checksum is over.
    /// - Returns: the checksum; `nil` where the parts don't all have one of the same algorithm.
    /// - Throws: never for checksums that were verified.
    func checksum(_ asked: ObjectChecksum?) throws(SealedObjectError) -> ObjectChecksum? {
        guard let algorithm = checksums.first?.algorithm, let wire = algorithm.wire else {
            return nil
        }
        let scope: ObjectChecksum.Scope =
            if let asked, asked.algorithm == algorithm {
                asked.scope
            } else {
                wire.defaultType == .fullObject ? .fullObject : .composite
            }
        guard scope == .fullObject, var combination = ChecksumCombination(wire) else {
            var computation = ChecksumComputation(wire)
            for checksum in checksums { computation.update(checksum.value.span) }
            return try ObjectChecksum(algorithm, .composite, value: computation.finish())
        }
        for (part, checksum) in zip(table, checksums) {
            combination.append(checksum.value, count: part.plaintextCount)
        }
        return try ObjectChecksum(algorithm, .fullObject, value: combination.value)
    }

    private static func invalid(
        _ part: CompletionRequest.Part,
        _ opened: OpenedUpload
    ) -> S3Error {
        S3Error(
            .invalidPart,
            details: [
                .init("UploadId", opened.upload.uploadID),
                .init("PartNumber", String(part.partNumber)), .init("ETag", part.entityTag),
            ]
        )
    }

    private static func tooSmall(
        _ part: CompletionRequest.Part,
        _ record: PartRecord
    ) -> S3Error {
        S3Error(
            .entityTooSmall,
            details: [
                .init("ETag", part.entityTag),
                .init("MinSizeAllowed", String(CompletionWork.partBytesMin)),
                .init("ProposedSize", String(record.plaintextCount)),
                .init("PartNumber", String(part.partNumber)),
            ]
        )
    }
}
