import Encoding
import KMS

/// A job that wraps keys anew, as far as it came; what the admin API shows, and what is stored so
/// that a restart goes on with it.
struct RewrapJob: Equatable, Sendable {
    /// Failures that are named; all are counted.
    static let failuresNamedMax = 100

    enum State: String, Sendable {
        case completed = "Completed"
        case failed = "Failed"
        case running = "Running"
    }

    struct Counts: Equatable, Sendable {
        var rewrapped: Int64 = 0
        var current: Int64 = 0
        var skipped: Int64 = 0
        var changed: Int64 = 0
        var failed: Int64 = 0

        mutating func add(_ outcome: Rewrapped) {
            switch outcome {
            case .changed: changed += 1
            case .current: current += 1
            case .rewrapped: rewrapped += 1
            case .skipped: skipped += 1
            }
        }
    }

    var id: String
    var started: Timestamp
    var ended: Timestamp?
    var state = State.running
    var selection = RewrapSelection()
    /// Only this bucket; all for `nil`.
    var bucket: String?
    var prefix = ""
    /// Objects a second; as many as go for `nil`.
    var rate: Int64?
    /// Whether objects' envelopes are gone through, not records alone.
    var objectsToo = false

    var recordsDone = false
    var records = Counts()
    var objects = Counts()
    /// Open uploads whose own data key another provider, version or key wraps.
    var uploadsLeft: Int64 = 0
    /// The bucket that it is in, and behind what in it.
    var currentBucket: String?
    var mark: SealedWalk.Mark?
    /// Buckets that were gone through, and how many there were.
    var bucketsDone: Int64 = 0
    var bucketCount: Int64 = 0
    var failures: [String] = []

    mutating func note(_ failure: String) {
        if failures.count < Self.failuresNamedMax { failures.append(failure) }
    }
}

extension RewrapJob {
    /// The job that a request asks for.
    ///
    /// - Throws: 400 for a member that isn't known or has a wrong value.
    init(_ members: [JSONMember], id: String, now: Timestamp) throws(KMSAdminError) {
        self.id = id
        started = now
        for member in members {
            switch (member.name, member.value) {
            case (_, .null): continue
            case ("dry_run", .boolean(let value)): selection.isDry = value
            case ("objects", .boolean(let value)): objectsToo = value
            case ("bucket", .string(let name)) where !name.isEmpty: bucket = name
            case ("prefix", .string(let text)): prefix = text
            case ("from_key", .string(let name)): selection.from = try Self.key(name)
            case ("to_key", .string(let name)): selection.to = try Self.key(name)
            case ("rate", .integer(let number)) where (1...1_000_000).contains(number):
                rate = number
            case ("bucket", _), ("dry_run", _), ("from_key", _), ("objects", _), ("prefix", _),
                ("rate", _), ("to_key", _):
                throw .invalidRequest("\(member.name) has a wrong value")
            default: throw .invalidRequest("unknown field \(member.name)")
            }
        }
        guard prefix.isEmpty || objectsToo else {
            throw .invalidRequest("prefix is for objects; add objects: true")
        }
        guard prefix.isEmpty || bucket != nil else {
            throw .invalidRequest("prefix wants a bucket")
        }
    }

    private static func key(_ name: String) throws(KMSAdminError) -> KeyID {
        do throws(KMSError) { return try KeyID(name) } catch { throw KMSAdminError(error) }
    }

    /// What the admin API shows, and what is stored.
    var json: JSONValue {
        [
            "job": .string(id), "status": .string(state.rawValue),
            "started": .integer(started.milliseconds),
            "ended": ended.map { .integer($0.milliseconds) } ?? nil,
            "dry_run": .boolean(selection.isDry),
            "from_key": selection.from.map { .string($0.name) } ?? nil,
            "to_key": selection.to.map { .string($0.name) } ?? nil,
            "bucket": bucket.map { .string($0) } ?? nil, "prefix": .string(prefix),
            "rate": rate.map { .integer($0) } ?? nil, "objects_too": .boolean(objectsToo),
            "records_done": .boolean(recordsDone), "records": Self.json(records),
            "objects": Self.json(objects), "uploads_left": .integer(uploadsLeft),
            "buckets_done": .integer(bucketsDone), "bucket_count": .integer(bucketCount),
            "current_bucket": currentBucket.map { .string($0) } ?? nil,
            "after_key": mark.map { .string($0.key) } ?? nil,
            "after_version": mark?.version.map { .string($0) } ?? nil,
            "failures": .array(failures.map { .string($0) }),
        ]
    }

    private static func json(_ counts: Counts) -> JSONValue {
        [
            "rewrapped": .integer(counts.rewrapped), "current": .integer(counts.current),
            "skipped": .integer(counts.skipped), "changed": .integer(counts.changed),
            "failed": .integer(counts.failed),
        ]
    }

    /// A stored job; `nil` for anything else.
    init?(stored bytes: [UInt8]) {
        guard let json = try? JSONValue(reading: bytes) else { return nil }
        self.init(json)
    }

    /// The job that `json` was made of; `nil` for anything else.
    init?(_ json: JSONValue) {
        guard let id = json["job"]?.string,
            let state = (json["status"]?.string).flatMap(State.init(rawValue:)),
            let started = json["started"]?.integer, let isDry = json["dry_run"]?.boolean,
            let objectsToo = json["objects_too"]?.boolean,
            let recordsDone = json["records_done"]?.boolean,
            let records = Self.counts(json["records"]), let objects = Self.counts(json["objects"]),
            let uploads = json["uploads_left"]?.integer, let done = json["buckets_done"]?.integer,
            let count = json["bucket_count"]?.integer, let prefix = json["prefix"]?.string,
            let failures = json["failures"]?.array
        else { return nil }
        self.id = id
        self.started = Timestamp(milliseconds: started)
        ended = (json["ended"]?.integer).map { Timestamp(milliseconds: $0) }
        self.state = state
        selection = RewrapSelection(
            from: (json["from_key"]?.string).flatMap { try? KeyID($0) },
            to: (json["to_key"]?.string).flatMap { try? KeyID($0) },
            isDry: isDry
        )
        bucket = json["bucket"]?.string
        self.prefix = prefix
        rate = json["rate"]?.integer
        self.objectsToo = objectsToo
        self.recordsDone = recordsDone
        (self.records, self.objects, uploadsLeft) = (records, objects, uploads)
        (bucketsDone, bucketCount) = (done, count)
        currentBucket = json["current_bucket"]?.string
        mark = (json["after_key"]?.string).map {
            SealedWalk.Mark(key: $0, version: json["after_version"]?.string)
        }
        self.failures = failures.compactMap(\.string)
    }

    private static func counts(_ json: JSONValue?) -> Counts? {
        guard let rewrapped = json?["rewrapped"]?.integer, let current = json?["current"]?.integer,
            let skipped = json?["skipped"]?.integer, let changed = json?["changed"]?.integer,
            let failed = json?["failed"]?.integer
        else { return nil }
        return Counts(
            rewrapped: rewrapped,
            current: current,
            skipped: skipped,
            changed: changed,
            failed: failed
        )
    }
}
