import Encoding
import HTTPWire
import S3Wire
import SealedObject
import Transport

/// PostObject: an object written as by PutObject, answered as the form asked.
final class FormUpload: UploadKind {
    private let scope: RequestScope
    private let object: ObjectUpload
    private let success: FormFields.Success

    init(_ scope: RequestScope, _ success: FormFields.Success) {
        self.scope = scope
        self.success = success
        object = ObjectUpload(scope)
    }

    func prepare(_ completion: @escaping (Result<PreparedUpload, S3Error>) -> Void) {
        object.prepare(completion)
    }

    func commit(
        _ facts: PayloadFacts,
        _ header: StreamHeader
    ) throws(SealedObjectError) -> (String, String)? {
        try object.commit(facts, header)
    }

    func answer(_ facts: PayloadFacts, _ reply: StoreReply) -> HTTPFields {
        object.answer(facts, reply)
    }

    func refusal(_ error: S3Error) -> S3Error { object.refusal(error) }

    func respond(_ scope: RequestScope, _ facts: PayloadFacts, _ reply: StoreReply) {
        var fields = answer(facts, reply)
        let entityTag = fields["etag"] ?? ""
        switch success {
        case .redirect(let url):
            fields.append("location", redirection(url, entityTag))
            scope.respond(status: 303, fields: fields)
        case .status(let status):
            let location = location
            fields.append("location", location)
            guard status == 201 else { return scope.respond(status: status, fields: fields) }
            let document = PostedObject(
                location: location,
                bucket: scope.bucket,
                key: scope.key,
                entityTag: entityTag.replacing("\"", with: "")
            )
            scope.respond(status: status, xml: document.xml, fields: fields)
        }
    }

    /// The object's URL, in the style that the form was sent by.
    private var location: String {
        let bucket = scope.target?.style == .virtualHost ? "" : "/" + scope.bucket
        let scheme = scope.exchange.peer.isSecure ? "https" : "http"
        let path = bucket + "/" + PercentEncoding.encode(scope.key, keepingSlash: true)
        return "\(scheme)://\(scope.head.authority)\(path)"
    }

    /// The URL of the client's choice, told what was written.
    private func redirection(_ url: String, _ entityTag: String) -> String {
        let mark = url.firstIndex(of: "#") ?? url.endIndex
        let told = PercentEncoding.encode(
            pairs: [("bucket", scope.bucket), ("key", scope.key), ("etag", entityTag)]
        )
        let page = url[..<mark]
        return page + (page.contains("?") ? "&" : "?") + told + url[mark...]
    }
}
