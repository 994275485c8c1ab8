import HTTPWire
import S3Wire
import SealedObject

/// What PutObject, PostObject and UploadPart do differently around the same stream.
protocol UploadKind: AnyObject {
    /// Gathers what the upload needs; completes at once where everything is in memory.
    func prepare(_ completion: @escaping (Result<PreparedUpload, S3Error>) -> Void)

    /// The trailer that makes the store commit: its name and value; `nil` where none was
    /// prepared.
    func commit(
        _ facts: PayloadFacts,
        _ header: StreamHeader
    ) throws(SealedObjectError) -> (String, String)?

    /// The fields of the answer, after the store committed.
    func answer(_ facts: PayloadFacts, _ reply: StoreReply) -> HTTPFields

    /// Answers the client, after the store committed: 200 and those fields, unless told otherwise.
    func respond(_ scope: RequestScope, _ facts: PayloadFacts, _ reply: StoreReply)

    /// What the client hears when the store refused.
    func refusal(_ error: S3Error) -> S3Error
}

extension UploadKind {
    func respond(_ scope: RequestScope, _ facts: PayloadFacts, _ reply: StoreReply) {
        scope.respond(status: 200, fields: answer(facts, reply))
    }
}

/// An upload that may begin.
struct PreparedUpload {
    /// Takes the body in and verifies it.
    var reader: PayloadReader
    /// Seals the stream.
    var sealer: StreamSealer
    /// The target at the store.
    var target: String
    /// Fields for the store, as conditions.
    var fields: HTTPFields
    /// The trailer that commits; `nil` where the fields say it all and the body's end commits.
    var trailerName: String?
}
