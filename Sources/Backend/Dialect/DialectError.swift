internal import Encoding
internal import HTTPWire
internal import S3Wire

extension S3Error {
    /// What the store's own errors mean to a client.
    init(store error: StoreError) {
        switch error {
        case .bucketExists: self.init(.bucketAlreadyOwnedByYou)
        case .bucketNotEmpty: self.init(.bucketNotEmpty)
        case .bucketNotFound: self.init(.noSuchBucket)
        case .bucketReserved: self.init(.methodNotAllowed)
        case .deleteMarker(let id, let isCurrent, let modified):
            var fields = HTTPFields()
            VersionOutcome(versionID: id, isDeleteMarker: true).append(to: &fields)
            if !isCurrent {
                fields.append("allow", "DELETE")
                fields.append("last-modified", Timestamp(milliseconds: modified).httpDate)
            }
            self.init(isCurrent ? .noSuchKey : .methodNotAllowed, fields: fields)
        case .diskFull: self.init(.insufficientStorage)
        case .diskReadOnly: self.init(.readOnlyStorage)
        case .diskRefused:
            self.init(.serviceUnavailable, "The store's disk refuses; its log says why.")
        case .roomReserved(let free):
            self.init(
                .insufficientStorage,
                "The store's disk has \(free) bytes left, which its reserve needs."
            )
        case .stopping: self.init(.serviceUnavailable)
        case .bodyDamaged, .fileNotFound: self.init(.internalError)
        case .keyNotFound: self.init(.noSuchKey)
        case .linkRefused: self.init(.notImplemented)
        case .partInvalid: self.init(.invalidPart)
        case .preconditionFailed: self.init(.preconditionFailed)
        case .queueFull:
            self.init(.slowDown, fields: HTTPFields([("retry-after", "1")]))
        case .sourceChanged: self.init(.conditionalRequestConflict)
        case .uploadNotFound: self.init(.noSuchUpload)
        case .versionNotFound: self.init(.noSuchVersion)
        }
    }
}
