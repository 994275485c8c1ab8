import HTTPWire
import S3Wire
import Transport

/// The write that a form asks for, and who asks.
struct FormRequest {
    /// The write, as if it had come in a head.
    let scope: RequestScope
    /// What the sender signed; `nil` in an anonymous form.
    let policy: FormPolicy?
    /// What the client wants to hear.
    let success: FormFields.Success

    static let notAForm = S3Error(
        .preconditionFailed,
        "Bucket POST must be of the enclosure-type multipart/form-data",
        details: [.init("Condition", "Bucket POST must be of multipart/form-data")]
    )

    private static let keptHeaders = ["host", "origin", "referer", "user-agent"]

    /// Refuses a request that isn't a form, or has in its head what belongs into the fields.
    ///
    /// - Throws: `PreconditionFailed`, `MissingContentLength`, `InvalidArgument`, `NotImplemented`.
    static func check(_ scope: RequestScope) throws(S3Error) {
        let head = scope.head
        guard head.fields.occurrences(of: "content-type") == 1,
            FormReader.isForm(head.fields["content-type"])
        else { throw notAForm }
        guard scope.sender == nil else {
            throw .invalidArgument(
                "Only one auth mechanism allowed; a form is signed in its fields",
                name: "Authorization",
                value: ""
            )
        }
        guard case .known = head.bodyLength else { throw S3Error(.missingContentLength) }
        // Never taken for what they ask: an object would be stored in another way than was wished.
        for index in 0..<head.fields.count
        where head.fields.isName(startingWith: "x-amz-server-side-encryption", at: index)
            || head.fields.isName(startingWith: "if-", at: index)
        {
            throw .notImplemented(header: head.fields.name(at: index))
        }
    }

    /// Reads a form's fields: the signature is verified, and the policy allows them.
    ///
    /// - Throws: what S3 answers to a signature that is refused; `InvalidPolicyDocument`,
    ///   `AccessDenied`, and what `FormFields` throws.
    init(
        _ fields: HTTPFields,
        fileName: [UInt8],
        of request: RequestScope
    ) throws(S3Error) {
        let now = request.beganAt
        request.sender = try request.loop.authenticator.senderIfSigned(form: fields, now: now)
        let form = try FormFields(fields, fileName: fileName)
        defer { SSEHeader.wipeKeys(in: form.all) }
        if request.sender != nil {
            let index = fields.firstIndex(of: "policy")
            let policy = try FormPolicy(base64: index.map { fields.valueBytes(at: $0) } ?? [])
            try policy.check(form.all, bucket: request.bucket, now: now)
            self.policy = policy
        } else {
            policy = nil
        }
        guard let target = request.target else { throw S3Error(.malformedPOSTRequest) }
        var head = request.head
        head.fields = try form.headers()
        for name in Self.keptHeaders {
            for value in request.head.fields.values(of: name) { head.fields.append(name, value) }
        }
        success = form.success
        scope = RequestScope(request, head: head, target: try S3Target(try form.key(), in: target))
    }

    /// Refuses a write that may not be made, as the head of PutObject would be.
    ///
    /// - Throws: `AccessDenied`; what a write is refused for by its headers, to who is known.
    func check() throws(S3Error) {
        do throws(S3Error) {
            try RequestChecks.check(scope, .postObject)
        } catch {
            throw scope.sender == nil ? S3Error(.accessDenied) : error
        }
        scope.access = try RequestAccess(scope)
        try scope.access.require(scope)
    }

    /// A write whose object has so many bytes.
    static func scope(_ scope: RequestScope, bodyCount: UInt64) -> RequestScope {
        var head = scope.head
        head.bodyLength = .known(bodyCount)
        return RequestScope(scope, head: head, target: scope.target)
    }
}
