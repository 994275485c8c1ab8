import S3Wire
import SealedObject

/// GetObjectTagging, PutObjectTagging, DeleteObjectTagging: tags are sealed in the envelope.
///
/// Those of an SSE-C object are sealed under the customer's key, which the request must bring.
enum TaggingWork {
    static func get(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        let opened = try await request.openObject(withKey: false).opened
        return answer(.xml(ObjectTags(opened.attributes)), opened, request)
    }

    static func put(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try request.requireIntegrity()
        let tags = try request.document(ObjectTags.self)
        try tags.validate()
        return try await set(tags, ControlAnswer(), request)
    }

    static func delete(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        try await set(ObjectTags([]), .status(204), request)
    }

    private static func set(
        _ tags: ObjectTags,
        _ reply: ControlAnswer,
        _ request: ControlRequest
    ) async throws(S3Error) -> ControlAnswer {
        let opened = try await request.rewrap { opened, wrapping throws(S3Error) in
            var attributes = opened.attributes
            try attributes.set(tags)
            return Rewrapping(attributes: attributes, wrapping: wrapping)
        }
        return answer(reply, opened, request)
    }

    private static func answer(
        _ reply: ControlAnswer,
        _ opened: OpenedObject,
        _ request: ControlRequest
    ) -> ControlAnswer {
        var answer = reply
        VersionOutcome(versionID: opened.found.versionID).append(to: &answer.fields)
        answer.mode = opened.envelope.sseMode
        answer.keyID = opened.keyID(request.services)
        return answer
    }
}

extension OpenedObject {
    /// The key id for the audit stream.
    func keyID(_ services: GatewayServices) -> String? {
        switch envelope.mode {
        case .s3: services.defaultKeyID
        case .kms: kmsKeyID
        case .customer: nil
        }
    }
}
