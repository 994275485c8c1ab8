"""The refusals about encryption: status, code and message of each, by the numbers that
Sources/S3Wire/Encryption/SSEError.swift has them by. `{}` stands for what a message is about."""

CUSTOMER_KEYS = "Requests specifying Server Side Encryption with Customer provided keys must "
KMS_KEYS = "Requests specifying Server Side Encryption with AWS KMS managed keys "
MALFORMED = ("The XML you provided was not well-formed or did not validate against our published "
             "schema")
INTERNAL = "We encountered an internal error. Please try again."

ROWS = {
    "E1": (400, "InvalidArgument", "Server Side Encryption with Customer provided key is "
           "incompatible with the encryption method specified"),
    "E2": (400, "InvalidArgument", "The encryption method specified is not supported"),
    "E3": (400, "InvalidArgument", "Server Side Encryption with AWS KMS managed key requires HTTP "
           "header x-amz-server-side-encryption : aws:kms"),
    "E4": (400, "InvalidArgument", "The header 'x-amz-server-side-encryption-context' shall be "
           "Base64-encoded UTF-8 string holding JSON which represents a string-string map"),
    "E5": (400, "InvalidArgument", CUSTOMER_KEYS + "provide a valid encryption algorithm."),
    "E6": (400, "InvalidEncryptionAlgorithmError", "The Encryption request you specified is not "
           "valid. Supported value: AES256."),
    "E7": (400, "InvalidArgument", CUSTOMER_KEYS + "provide an appropriate secret key."),
    "E8": (400, "InvalidArgument", "The secret key was invalid for the specified algorithm."),
    "E9": (400, "InvalidArgument", CUSTOMER_KEYS + "provide the client calculated MD5 of the "
           "secret key."),
    "E10": (403, "AccessDenied", "The calculated MD5 hash of the key did not match the hash that "
            "was provided."),
    "E11": (400, "InvalidRequest", "The object was stored using a form of Server Side Encryption. "
            "The correct parameters must be provided to retrieve the object."),
    "E12": (403, "AccessDenied", CUSTOMER_KEYS + "provide the correct secret key."),
    "E13": (400, "InvalidRequest", "The encryption parameters are not applicable to this object."),
    "E14": (400, "InvalidArgument", "x-amz-server-side-encryption header is not supported for this "
            "operation."),
    "E15": (400, "InvalidArgument", "x-amz-server-side-encryption header is not supported for this "
            "operation."),
    "E16": (400, "InvalidRequest", "The multipart upload initiate requested encryption. Subsequent "
            "part requests must include the appropriate encryption parameters."),
    "E17": (400, "InvalidRequest", "The provided encryption parameters did not match the ones used "
            "originally."),
    "E18": (403, "AccessDenied", "Access Denied"),
    # In the clear, where no answer can be given: the listener speaks TLS alone.
    "E19": (None, None, None),
    "E20": (None, None, None),
    "E21": (400, "InvalidArgument", KMS_KEYS + "require AWS Signature Version 4."),
    "E22": (404, "NotFound", "Key '{}' does not exist. GET /kms/keys of the administrative API "
            "lists the keys there are."),
    "E23": (400, "KMS.DisabledException", "{} is disabled."),
    "E24": (400, "KMS.KMSInvalidStateException", "{} is pending deletion."),
    "E25": (403, "AccessDenied", "The credential has no right {} on the KMS key that is asked "
            "for."),
    "E26": (500, "InternalError", INTERNAL),
    "E27": (500, "InternalError", INTERNAL),
    # In the midst of a body, where none can be given any more.
    "E28": (None, None, None),
    "E29": (400, "InvalidRequest", "This copy request is illegal because it is trying to copy an "
            "object to itself without changing the object's metadata, storage class, website "
            "redirect location or encryption attributes."),
    "E30": (400, "MalformedXML", MALFORMED),
    "E31": (400, "InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse "
            "algorithm is not aws:kms or aws:kms:dsse"),
    "E32": (404, "ServerSideEncryptionConfigurationNotFoundError",
            "The server side encryption configuration was not found"),
    "E33": (404, "NoSuchBucket", "The specified bucket does not exist"),
    "E34": (501, "NotImplemented", "A header you provided implies functionality that is not "
            "implemented"),
    "E35": (403, "AccessDenied", "There were headers present in the request which were not "
            "signed"),
}

# Where the profile `aws` says something else.
AWS_ROWS = {
    "E10": (400, "InvalidArgument", ROWS["E10"][2]),
    "E22": (400, "KMS.NotFoundException", ROWS["E22"][2]),
}
