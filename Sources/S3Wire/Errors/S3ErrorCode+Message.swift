extension S3ErrorCode {
    /// What `<Message>` says where nothing more exact is known.
    public var message: String { Self.messages[self] ?? "The request could not be served." }

    // A table rather than a switch: it is read once for each error and compared by a test.
    private static let messages: [S3ErrorCode: String] = [
        .accessControlListNotSupported: "The bucket does not allow ACLs",
        .accessDenied: "Access Denied",
        .accessForbidden: "CORSResponse: This CORS request is not allowed.",
        .authorizationHeaderMalformed: "The authorization header you provided is invalid.",
        .authorizationQueryParametersError:
            "The query parameters that carry the authorization are invalid.",
        .badDigest: "The Content-MD5 you specified did not match what we received.",
        .badRequest: "Bad Request",
        .bucketAlreadyExists: "The requested bucket name is not available.",
        .bucketAlreadyOwnedByYou:
            "Your previous request to create the named bucket succeeded and you already own it.",
        .bucketNotEmpty: "The bucket you tried to delete is not empty",
        .conditionalRequestConflict:
            "The conditional request cannot succeed due to a conflicting operation against this "
            + "resource.",
        .entityTooLarge: "Your proposed upload exceeds the maximum allowed size",
        .entityTooSmall: "Your proposed upload is smaller than the minimum allowed size",
        .illegalLocationConstraint:
            "The location constraint is incompatible for the region specific endpoint this "
            + "request was sent to.",
        .illegalVersioningConfiguration:
            "The versioning configuration specified in the request is not valid",
        .incompleteBody:
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
        .incorrectNumberOfFiles: "POST requires exactly one file upload per request.",
        .insufficientStorage: "The store has no room left.",
        .internalError: "We encountered an internal error. Please try again.",
        .invalidAccessKeyID: "The AWS Access Key Id you provided does not exist in our records.",
        .invalidArgument: "Invalid Argument",
        .invalidBucketName: "The specified bucket is not valid.",
        .invalidDigest: "The Content-MD5 you specified was invalid.",
        .invalidEncryptionAlgorithm:
            "The Encryption request you specified is not valid. Supported value: AES256.",
        .invalidLocationConstraint: "The specified location-constraint is not valid",
        .invalidObjectState: "The operation is not valid for the object's storage class",
        .invalidPart:
            "One or more of the specified parts could not be found.  The part may not have been "
            + "uploaded, or the specified entity tag may not match the part's entity tag.",
        .invalidPartNumber: "The requested partnumber is not satisfiable",
        .invalidPartOrder:
            "The list of parts was not in ascending order. Parts must be ordered by part number.",
        .invalidPolicyDocument: "The content of the form does not meet the conditions specified.",
        .invalidRange: "The requested range is not satisfiable",
        .invalidRequest: "Invalid Request",
        .invalidStorageClass: "The storage class you specified is not valid",
        .invalidTag: "The tag provided was not a valid tag.",
        .invalidToken: "The provided token is malformed or otherwise invalid.",
        .invalidURI: "Couldn't parse the specified URI.",
        .keyTooLong: "Your key is too long",
        .kmsDisabled: "The key is disabled.",
        .kmsInvalidState: "The key is pending deletion.",
        .kmsNotFound: "The key does not exist",
        .malformedACL:
            "The XML you provided was not well-formed or did not validate against our published "
            + "schema",
        .malformedPOSTRequest:
            "The body of your POST request is not well-formed multipart/form-data.",
        .malformedPolicy: "Policies must be valid JSON and the first byte must be '{'",
        .malformedTrailer:
            "The request contained trailing data that was not well-formed or did not conform to "
            + "our published schema.",
        .malformedXML:
            "The XML you provided was not well-formed or did not validate against our published "
            + "schema",
        .maxMessageLengthExceeded: "Your request was too big.",
        .maxPostPreDataLengthExceeded:
            "Your POST request fields preceding the upload file were too large.",
        .metadataTooLarge: "Your metadata headers exceed the maximum allowed metadata size",
        .methodNotAllowed: "The specified method is not allowed against this resource.",
        .missingContentLength: "You must provide the Content-Length HTTP header.",
        .missingRequestBody: "Request Body is empty",
        .missingSecurityHeader: "Your request was missing a required header",
        .noSuchBucket: "The specified bucket does not exist",
        .noSuchBucketPolicy: "The bucket policy does not exist",
        .noSuchCORSConfiguration: "The CORS configuration does not exist",
        .noSuchKey: "The specified key does not exist.",
        .noSuchLifecycleConfiguration: "The lifecycle configuration does not exist",
        .noSuchObjectLockConfiguration:
            "The specified object does not have a ObjectLock configuration",
        .noSuchPublicAccessBlockConfiguration:
            "The public access block configuration was not found",
        .noSuchTagSet: "The TagSet does not exist",
        .noSuchUpload:
            "The specified upload does not exist. The upload ID may be invalid, or the upload may "
            + "have been aborted or completed.",
        .noSuchVersion: "The specified version does not exist.",
        .noSuchWebsiteConfiguration:
            "The specified bucket does not have a website configuration",
        .notFound: "The specified resource does not exist.",
        .notImplemented: "A header you provided implies functionality that is not implemented",
        .objectLockConfigurationNotFound:
            "Object Lock configuration does not exist for this bucket",
        .ownershipControlsNotFound: "The bucket ownership controls were not found",
        .preconditionFailed: "At least one of the pre-conditions you specified did not hold",
        .readOnlyStorage: "The store's disk is read-only.",
        .replicationConfigurationNotFound: "The replication configuration was not found",
        .requestHeaderSectionTooLarge:
            "Your request header section exceeds the maximum allowed request header section size",
        .requestTimeout:
            "Your socket connection to the server was not read from or written to within the "
            + "timeout period.",
        .requestTimeTooSkewed:
            "The difference between the request time and the current time is too large.",
        .serverSideEncryptionConfigurationNotFound:
            "The server side encryption configuration was not found",
        .serviceUnavailable: "Service is unable to handle request.",
        .signatureDoesNotMatch:
            "The request signature we calculated does not match the signature you provided. "
            + "Check your key and signing method.",
        .slowDown: "Please reduce your request rate.",
        .tooManyBuckets: "You have attempted to create more buckets than allowed",
        .unexpectedContent: "This request does not support content",
        .userKeyMustBeSpecified:
            "The bucket POST must contain a field named 'key'.  If it is specified, please check "
            + "the order of the fields.",
        .xAmzContentSHA256Mismatch:
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
    ]
}
