import Encoding
import HTTPWire
import S3Wire

/// What a request asks for: target, query, operation, and all that its headers say.
@Sendable
func fuzzS3Request(_ input: inout FuzzInput) {
    let choice = input.byte()
    let size = UInt64(input.word())
    let method = HTTPMethod(input.line())
    let authority = input.line()
    let text = input.line()
    let fields = input.fields()
    readHeaders(fields, size: size)
    guard
        let target = try? S3Target(
            target: text,
            authority: authority,
            baseDomains: ["s3.example", "example"]
        )
    else { return }
    let pairCount = text.utf8.count { $0 == UInt8(ascii: "&") } + 1
    precondition(target.query.parameters.count <= min(pairCount, S3Query.parameterCountMax))
    if let bucket = target.bucket { _ = try? BucketName.validate(bucket) }
    let isDialect = choice & 1 == 1
    if let operation = try? S3Operation.of(
        method: method,
        target: target,
        fields: fields,
        isDialect: isDialect
    ) {
        _ = FixedAnswer.of(operation)
    }
    if let list = try? ObjectListParameters(target.query) {
        precondition((0...ListParameters.countMax).contains(list.maxKeys))
    }
    if let list = try? UploadListParameters(target.query) {
        precondition((0...ListParameters.countMax).contains(list.maxUploads))
    }
    if let list = try? PartListParameters(target.query) {
        precondition((0...ListParameters.countMax).contains(list.maxParts))
    }
    if let number = try? PartNumber.read(target.query) {
        precondition((1...10_000).contains(number))
    }
    var answer = HTTPFields()
    try? ResponseOverrides(target.query, isAnonymous: choice & 2 == 2).apply(to: &answer)
    for index in 0..<answer.count {
        let value = Array(answer.valueBytes(at: index))
        precondition(HTTPFieldRules.isValue(value.span), "a value that no header has")
    }
}

private func readHeaders(_ fields: HTTPFields, size: UInt64) {
    switch ByteRange.resolve(header: fields["range"], size: size) {
    case .part(let range): precondition(!range.isEmpty && range.upperBound <= size)
    case .unsatisfiable, .whole: break
    }
    _ = try? CopySource(fields)
    _ = try? ChecksumHeaders(fields).trailerChecksum(in: fields)
    for isCopySource in [false, true] {
        _ = ObjectConditions(fields, isCopySource: isCopySource)
            .evaluate(entityTag: "0123", lastModified: Timestamp(seconds: 1_700_000_000))
    }
    let head = HTTPRequestHead(method: .put, target: "/", authority: "", fields: fields)
    _ = try? PayloadMode(fields).decodedLength(of: head)
    if let headers = try? ObjectHeaders(fields) {
        var answer = HTTPFields()
        headers.append(to: &answer)
        precondition((try? ObjectHeaders(answer)) == headers, "other headers when shown")
    }
}
