import S3Wire

/// S3's documents: what was read and is written again reads as the same.
@Sendable
func fuzzS3XML(_ input: inout FuzzInput) {
    let choice = input.byte()
    let xml = input.rest()
    switch choice % 14 {
    case 0: check(CompletionRequest.self, xml)
    case 1: check(DeletionRequest.self, xml)
    case 2: check(AccessControlPolicy.self, xml)
    case 3: check(BucketListing.self, xml)
    case 4: check(InitiatedUpload.self, xml)
    case 5: check(PartListing.self, xml)
    case 6: check(ObjectListing.self, xml)
    case 7: check(DeletionResult.self, xml)
    case 8: check(UploadListing.self, xml)
    case 9: check(CompletedUpload.self, xml)
    case 10: _ = try? BucketConfiguration(xml: xml)
    case 11: _ = try? ErrorDocument(xml: xml)
    case 12:
        guard let read = try? BucketEncryption(xml: xml) else { return }
        precondition((try? BucketEncryption(xml: read.xml)) != nil, "unreadable when written")
    default:
        guard let read = try? CompletionRequest(xml: xml) else { return }
        _ = try? read.validate()
    }
}

private func check<Document: XMLReadable & XMLWritable>(
    _ type: Document.Type,
    _ xml: [UInt8]
) {
    guard let read = try? Document(xml: xml) else { return }
    let limits = XMLReader.Limits(bytesMax: 64 << 20)
    guard let again = try? Document(xml: read.xml, limits: limits) else {
        preconditionFailure("unreadable when written")
    }
    // Grants to groups are read and not written: what is compared is the second writing.
    precondition(again.xml == read.xml, "another document when written")
}
