import Encoding
import Foundation
import KMS
import SealedObject

/// What is known of one stored object without the gateway's word.
public struct ObjectReport: Equatable, Sendable {
    /// How far the object was proven.
    public enum Verdict: Equatable, Sendable {
        /// It isn't a sealed object, or not the one that its envelope promises; and why.
        case broken(String)
        /// Every segment was opened and verified.
        case opened
        /// Its form holds; it couldn't be opened, and why.
        case unopened(String)
        /// It is a well-formed sealed object.
        case wellFormed
    }

    /// Where it is.
    public let place: OfflineStore.Place
    /// How far it was proven.
    public internal(set) var verdict: Verdict
    /// What its envelope says, in the order to be shown; empty where it has none.
    var facts: [JSONMember] = []

    init(_ place: OfflineStore.Place, _ verdict: Verdict) {
        self.place = place
        self.verdict = verdict
    }

    /// Whether nothing is known to be wrong with it.
    public var isSound: Bool { if case .broken = verdict { false } else { true } }

    /// Whether it was proven as far as was asked.
    public var isProven: Bool {
        switch verdict {
        case .broken, .unopened: false
        case .opened, .wellFormed: true
        }
    }

    /// One JSON object.
    public var json: [UInt8] { JSONValue.object(members).encode() }

    /// One line a fact, name and value in columns, for people.
    public var lines: [String] {
        let members = members
        let width = members.map(\.name.count).max() ?? 0
        return members.map { member in
            let name = member.name.padding(toLength: width, withPad: " ", startingAt: 0)
            let encoded = String(decoding: member.value.encode(), as: UTF8.self)
            return "\(name)  \(member.value.string ?? encoded)"
        }
    }

    private var members: [JSONMember] {
        var members: [JSONMember] = [
            .init("bucket", .string(place.bucket)), .init("key", .string(place.key)),
        ]
        if let id = place.versionID { members.append(.init("version", .string(id))) }
        let (word, reason) = words
        members.append(.init("verdict", .string(word)))
        if let reason { members.append(.init("reason", .string(reason))) }
        return members + facts
    }

    /// The mode as AWS' documentation names it; `nil` where there is no envelope.
    var mode: String? { facts.first { $0.name == "mode" }?.value.string }

    private var words: (String, String?) {
        switch verdict {
        case .broken(let reason): ("broken", reason)
        case .opened: ("opened", nil)
        case .unopened(let reason): ("well-formed", reason)
        case .wellFormed: ("well-formed", nil)
        }
    }

    /// Notes what is readable of an object without any key.
    mutating func note(_ found: FoundObject) {
        let envelope = found.envelope
        var facts: [JSONMember] = [.init("mode", .string(envelope.mode.standardName))]
        switch envelope.reference {
        case .bucketKey(let id), .kmsBucketKey(let id):
            facts.append(.init("bucket_key", .string(Hex.encode(id.bytes))))
        case .kmsDataKey(let wrapped):
            facts.append(.init("kms_key", .string(wrapped.kmsKeyID)))
            facts.append(.init("wrapped_by", .string(WrappedKeyForm.text(of: wrapped.wrapped))))
        case .customerKey: break
        }
        if envelope.mode != .customer {
            facts.append(
                .init("attribute_key", .string(Hex.encode(envelope.attributeKeyID.bytes)))
            )
        }
        facts.append(.init("object_id", .string(Hex.encode(envelope.objectID.bytes))))
        if let count = envelope.body.plaintextCount {
            facts.append(.init("size", .integer(Int64(count))))
        }
        facts.append(.init("stored_size", .integer(Int64(found.storedCount))))
        if envelope.body.isMultipart, let parts = envelope.body.partCount {
            facts.append(.init("parts", .integer(Int64(parts))))
        }
        facts.append(.init("last_modified", .string(found.lastModified.iso8601)))
        self.facts = facts
    }
}

extension EnvelopeMode {
    /// The mode as AWS' documentation names it.
    var standardName: String {
        switch self {
        case .s3: "SSE-S3"
        case .kms: "SSE-KMS"
        case .customer: "SSE-C"
        }
    }
}
