import Policy

/// Policies of the bucket `b`, and requests.
enum Sample {
    struct UnknownAction: Error {}

    static func bucketPolicy(_ statements: String) throws -> PolicyDocument {
        let json = "{\"Version\":\"2012-10-17\",\"Statement\":[\(statements)]}"
        return try PolicyDocument(json: Array(json.utf8), of: .bucket("b"))
    }

    static func statement(_ effect: String, _ action: String) -> String {
        """
        {"Effect":"\(effect)","Principal":"*","Action":"\(action)",
         "Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}
        """
    }

    static func ownPolicy(
        _ effect: String,
        _ action: String,
        _ resource: String
    ) throws -> PolicyDocument {
        let json = """
            {"Statement":{"Effect":"\(effect)","Action":"\(action)","Resource":"\(resource)"}}
            """
        return try PolicyDocument(json: Array(json.utf8), of: .credential)
    }

    static func request(
        _ action: String,
        _ place: String,
        _ context: [PolicyKey: String] = [:],
        principal: String? = "ann"
    ) throws -> PolicyRequest {
        guard let action = PolicyAction(rawValue: action) else { throw UnknownAction() }
        return PolicyRequest(
            principal: principal,
            action: action,
            resource: "arn:aws:s3:::" + place,
            context: context
        )
    }
}
