import Encoding
import HTTPWire
import S3Wire
import SealedObject

/// GetObjectAttributes: what HEAD tells, as a document, and the parts of an object in parts.
enum AttributesWork {
    private static let partCountMax = 1000

    static func get(_ request: ControlRequest) async throws(S3Error) -> ControlAnswer {
        let wanted = try ObjectAttributesListing.wanted(request.fields)
        let countMax = try number("x-amz-max-parts", default: partCountMax, request)
        let marker = try number("x-amz-part-number-marker", default: 0, request)
        for _ in 0..<ObjectReadHandler.attemptsMax {
            var (opened, customer) = try await request.openObject(withKey: false)
            let body = opened.envelope.body
            var layout: MultipartLayout?
            if body == .upload || (body.isMultipart && wanted.contains(.objectParts)) {
                opened = try await request.open(
                    opened.found,
                    request.bucket,
                    request.key,
                    customer,
                    withKey: true
                )
                layout = try await request.layout(opened, request.bucket, request.key)
                guard let layout else { continue }
                opened = opened.resolved(layout)
            }
            var listing = Self.listing(opened, wanted, layout)
            if wanted.contains(.objectParts), let layout {
                listing.parts = .init(
                    layout.parts.map { (Int($0.number), $0.plaintextCount) },
                    after: marker,
                    countMax: min(countMax, partCountMax)
                )
            }
            var answer = ControlAnswer.xml(listing)
            answer.fields.append("last-modified", opened.found.lastModified.httpDate)
            VersionOutcome(versionID: opened.found.versionID).append(to: &answer.fields)
            answer.mode = opened.envelope.sseMode
            answer.keyID = opened.keyID(request.services)
            return answer
        }
        throw S3Error(ObjectFault.restless)
    }

    private static func listing(
        _ opened: OpenedObject,
        _ wanted: Set<ObjectAttributesListing.Attribute>,
        _ layout: MultipartLayout?
    ) -> ObjectAttributesListing {
        var listing = ObjectAttributesListing()
        if wanted.contains(.entityTag) { listing.entityTag = opened.etag }
        if wanted.contains(.objectSize) {
            listing.objectSize = opened.envelope.body.plaintextCount ?? layout?.plaintextCount
        }
        if wanted.contains(.storageClass) {
            listing.storageClass = opened.attributes.storageClass ?? "STANDARD"
        }
        // The checksum in the envelope of an upload says what was asked for, not what it is.
        if wanted.contains(.checksum), opened.envelope.body != .upload {
            listing.checksums = opened.checksumTexts
            listing.checksumType = opened.attributes.checksums.first.map {
                $0.scope == .composite ? .composite : .fullObject
            }
        }
        return listing
    }

    private static func number(
        _ name: String,
        default fallback: Int,
        _ request: ControlRequest
    ) throws(S3Error) -> Int {
        guard let text = request.fields[name] else { return fallback }
        guard let number = Int(text), number >= 0 else {
            throw .invalidArgument("Not a number", name: name, value: text)
        }
        return number
    }
}
