/// The answers to wrong server-side encryption headers, in S3's words.
public enum SSEError {
    private static let keysPrefix =
        "Requests specifying Server Side Encryption with Customer provided keys must "
    private static let kmsPrefix =
        "Requests specifying Server Side Encryption with AWS KMS managed keys "

    private static func argument(_ message: String, value: String = "null") -> S3Error {
        .invalidArgument(message, name: SSEHeader.encryption, value: value)
    }

    /// E1: a mode and a customer's key in one request.
    static func customerKeyWithMode(_ mode: String) -> S3Error {
        argument(
            "Server Side Encryption with Customer provided key is incompatible with the "
                + "encryption method specified",
            value: mode
        )
    }

    /// A write that names no mode, where neither its bucket nor the gateway has a default: it is
    /// never stored as plaintext.
    static let modeMissing = S3Error(
        .accessDenied,
        "The request names no server side encryption, and there is no default here."
    )

    /// E2: a mode that isn't one.
    static func modeUnknown(_ mode: String) -> S3Error {
        argument("The encryption method specified is not supported", value: mode)
    }

    /// E3: a KMS key or context without `aws:kms`.
    static func kmsHeaderWithoutMode(_ mode: String?) -> S3Error {
        argument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header "
                + "x-amz-server-side-encryption : aws:kms",
            value: mode ?? "null"
        )
    }

    /// E4: a context that isn't base64 of a JSON object of strings.
    static let contextInvalid = S3Error(
        .invalidArgument,
        "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string "
            + "holding JSON which represents a string-string map"
    )

    /// E5: a customer's key without its algorithm.
    static let algorithmMissing = argument(
        keysPrefix + "provide a valid encryption algorithm."
    )

    /// E6: an algorithm other than AES256.
    static func algorithmUnknown(_ algorithm: String) -> S3Error {
        S3Error(
            .invalidEncryptionAlgorithm,
            details: [
                .init("ArgumentName", SSEHeader.encryption), .init("ArgumentValue", algorithm),
            ]
        )
    }

    /// E7: an algorithm without the key.
    static let keyMissing = argument(keysPrefix + "provide an appropriate secret key.")

    /// E8: a key that isn't base64 of 32 bytes.
    static let keyInvalid = argument("The secret key was invalid for the specified algorithm.")

    /// E9: a key without its MD5.
    static let digestMissing = argument(
        keysPrefix + "provide the client calculated MD5 of the secret key."
    )

    /// E10: an MD5 that isn't the key's.
    static func digestMismatch(_ compatibility: Compatibility) -> S3Error {
        var error = argument(
            "The calculated MD5 hash of the key did not match the hash that was provided."
        )
        error.code = compatibility.keyDigestMismatch
        error.status = compatibility.keyDigestMismatch.status
        return error
    }

    /// E11: an SSE-C object asked for without its key.
    public static let customerKeyMissing = S3Error(
        .invalidRequest,
        "The object was stored using a form of Server Side Encryption. The correct parameters "
            + "must be provided to retrieve the object."
    )

    /// E12: an SSE-C object asked for with another key.
    public static let wrongCustomerKeyOnRead = S3Error(
        .accessDenied,
        keysPrefix + "provide the correct secret key."
    )

    /// E13: a customer's key for an object that isn't SSE-C.
    public static let customerKeyNotApplicable = S3Error(
        .invalidRequest,
        "The encryption parameters are not applicable to this object."
    )

    /// E14, E15: a mode where none belongs.
    static func headerNotSupported(name: String, value: String) -> S3Error {
        .invalidArgument(
            "x-amz-server-side-encryption header is not supported for this operation.",
            name: name,
            value: value
        )
    }

    /// E16: a part without the upload's customer key, or with one where the upload has none.
    public static let partKeyMissing = S3Error(
        .invalidRequest,
        "The multipart upload initiate requested encryption. Subsequent part requests must "
            + "include the appropriate encryption parameters."
    )

    /// E17: a part, or the completion, with another key than the upload's.
    public static let wrongCustomerKeyOnPart = S3Error(
        .invalidRequest,
        "The provided encryption parameters did not match the ones used originally."
    )

    /// E19: a customer's key in plaintext.
    static let customerKeyInsecure = S3Error(
        .invalidRequest,
        keysPrefix + "be made over a secure connection."
    )

    /// E20: SSE-KMS in plaintext.
    static let kmsInsecure = S3Error(
        .invalidArgument,
        kmsPrefix + "must be made over a secure connection."
    )

    /// E21: SSE-KMS without Signature Version 4.
    static let kmsNeedsSignatureVersion4 = S3Error.invalidArgument(
        kmsPrefix + "require AWS Signature Version 4.",
        name: "Authorization",
        value: "null"
    )

    /// E22: a write that names a KMS key which doesn't exist, in the profile's terms.
    public static func keyUnknown(_ keyID: String, _ compatibility: Compatibility) -> S3Error {
        S3Error(
            compatibility.unknownKeyOnWrite,
            "Key '\(keyID)' does not exist. GET /kms/keys of the administrative API lists the "
                + "keys there are."
        )
    }
}
