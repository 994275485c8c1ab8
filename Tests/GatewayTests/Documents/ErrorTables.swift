import S3Wire
import Transport

@testable import Gateway
@testable import S3Wire

/// The tables of docs/reference/errors.md, each row's answer taken from the code that gives it.
enum ErrorTables {
    typealias Row = (condition: String, error: S3Error, remedy: String)

    static func all() throws -> [(name: String, text: String)] {
        [
            ("signatures", table(signatures)), ("encryption", table(encryption)),
            ("keys", try keys()), ("bodies", table(bodies)), ("forms", table(forms)),
            ("objects", table(objects)), ("store", table(store)), ("codes", codes),
        ]
    }

    private static func table(_ rows: [Row]) -> String {
        rows.reduce(into: "| when | status | code | what to do |\n|---|---|---|---|\n") {
            text,
            row in
            text += "| \(row.condition) | \(row.error.status) | `\(row.error.code.rawValue)` |"
            text += " \(row.remedy) |\n"
        }
    }

    private static var signatures: [Row] {
        SignatureFault.all.map { ($0.condition, S3Error($0.error), $0.remedy) }
    }

    private static let encryption: [Row] = [
        (
            "`x-amz-server-side-encryption` beside a customer's key",
            SSEError.customerKeyWithMode("AES256"), "send one of the two"
        ),
        (
            "`x-amz-server-side-encryption` is unknown", SSEError.modeUnknown("x"),
            "send `AES256` or `aws:kms`"
        ),
        (
            "`x-amz-server-side-encryption` is `aws:kms:dsse`",
            .notImplemented(header: SSEHeader.encryption), "send `aws:kms`"
        ),
        (
            "a KMS key or context without `aws:kms`", SSEError.kmsHeaderWithoutMode(nil),
            "send `x-amz-server-side-encryption: aws:kms` too"
        ),
        (
            "the context is not base64 of a JSON object of strings", SSEError.contextInvalid,
            "mend it"
        ),
        (
            "a customer's key without its algorithm", SSEError.algorithmMissing,
            "send all three headers"
        ),
        (
            "a customer's key with another algorithm than AES256", SSEError.algorithmUnknown("x"),
            "send `AES256`"
        ),
        (
            "an algorithm without the customer's key", SSEError.keyMissing,
            "send all three headers"
        ),
        (
            "a customer's key on a write that is not base64 of 32 bytes", SSEError.keyInvalid,
            "send base64 of the 32 bytes; some tools encode them twice"
        ),
        (
            "a customer's key without its MD5", SSEError.digestMissing, "send all three headers"
        ),
        (
            "the MD5 is not the key's", SSEError.digestMismatch(.rustfs),
            "send base64 of the MD5 of the 32 bytes, not of their base64"
        ),
        (
            "an SSE-C object read without its key", SSEError.customerKeyMissing,
            "send the three headers of the upload"
        ),
        (
            "an SSE-C object read with another key", SSEError.wrongCustomerKeyOnRead,
            "send the key of the upload: nobody else has it"
        ),
        (
            "a customer's key for an object that has none", SSEError.customerKeyNotApplicable,
            "leave the three headers out"
        ),
        (
            "a mode, KMS key or context on GET, HEAD or a listing",
            SSEError.headerNotSupported(name: "", value: ""), "leave them out"
        ),
        (
            "a part or Complete without the upload's customer key, or with one it hasn't",
            SSEError.partKeyMissing, "send the same three headers with every request of an upload"
        ),
        (
            "a part or Complete with another customer key", SSEError.wrongCustomerKeyOnPart,
            "send the same three headers with every request of an upload"
        ),
        ("a customer's key in plaintext HTTP", SSEError.customerKeyInsecure, "use TLS"),
        ("SSE-KMS in plaintext HTTP", SSEError.kmsInsecure, "use TLS"),
        (
            "SSE-KMS without Signature Version 4", SSEError.kmsNeedsSignatureVersion4,
            "sign with Signature Version 4"
        ),
    ]

    private static func keys() throws -> String {
        let mapping = KMSErrorMapping(compatibility: .rustfs)
        var text = "| when | on a write | on a read | what to do |\n|---|---|---|---|\n"
        for failure in try KMSFailure.all() {
            guard let explanation = failure.explanation else { continue }
            let write = mapping.write(failure.error)
            let read = mapping.read(failure.error)
            text += "| \(explanation.condition) | \(write.status) `\(write.code.rawValue)` |"
            text += " \(read.status) `\(read.code.rawValue)` | \(explanation.remedy) |\n"
        }
        return text
    }

    private static let forms: [Row] = [
        (
            "a `POST` to a bucket that is no `multipart/form-data`",
            FormRequest.notAForm, "send a form"
        ),
        ("no `Content-Length`", S3Error(.missingContentLength), "state the length"),
        (
            "a body that is no well-formed form, or ends early",
            FormError.delimiterInvalid.response, "mend the client"
        ),
        (
            "a field follows a file that is larger than `limits.form_file_bytes`",
            FormHandler.fileNotLast, "put the file last"
        ),
        ("no file", FormError.fileMissing.response, "name the file's field `file`"),
        (
            "more fields than `limits.form_bytes` or `limits.form_fields` allow",
            FormError.fieldsTooLarge.response, "send less before the file"
        ),
        ("a field that is there twice", FormError.fieldRepeated("key").response, "send one"),
        ("no field `key`", S3Error(.userKeyMustBeSpecified), "send it before the file"),
        (
            "a policy that can't be read", S3Error(.invalidPolicyDocument),
            "see the message; sign a policy with `expiration` and `conditions`"
        ),
        (
            "the policy has expired, a condition doesn't hold, or none names a field",
            S3Error(.accessDenied), "see the message; sign a policy that covers every field"
        ),
        (
            "a file shorter than `content-length-range` allows", S3Error(.entityTooSmall),
            "send a longer one"
        ),
        (
            "a file longer than `content-length-range` allows", S3Error(.entityTooLarge),
            "send a shorter one"
        ),
        (
            "an `x-amz-` field that isn't known, or encryption asked for in the head",
            .notImplemented(header: "x-amz-copy-source"), "ask for it in a field of PostObject's"
        ),
    ]

    private static let bodies: [Row] = [
        (
            "no `Content-Length`, in chunks no `x-amz-decoded-content-length`",
            S3Error(.missingContentLength), "state the length"
        ),
        (
            "more than 5 GiB, or a document over `limits.xml_bytes`", PayloadPlan.tooLarge(1, 0),
            "upload in parts"
        ),
        (
            "fewer or more bytes than were stated", AWSChunkedError.lengthMismatched.response,
            "send it again"
        ),
        (
            "another SHA-256 than was signed", S3Error(.xAmzContentSHA256Mismatch), "send it again"
        ),
        ("another `Content-MD5`", S3Error(.badDigest), "send it again"),
        ("another checksum than was declared", ChecksumHeaders.mismatch(.crc32), "send it again"),
        (
            "a `Content-MD5` that is not base64 of 16 bytes", S3Error(.invalidDigest),
            "mend the client"
        ),
        (
            "a trailer that was announced is missing, or one that was not is there",
            S3Error(.malformedTrailer), "name it in `x-amz-trailer`"
        ),
        (
            "framing that is not aws-chunked", AWSChunkedError.sizeInvalid.response,
            "mend the client"
        ),
        (
            "a chunk without its signature, or with a wrong one",
            AWSChunkedError.signatureMissing.response, "send it again"
        ),
        ("XML that is not well-formed", XMLError.endUnexpected.response, "mend the client"),
    ]

    private static let objects: [Row] = [
        ObjectFault.answerIncomplete, .keyBroken(.ciphertextInvalid), .notSealed, .restless,
        .sealBroken(.keyBoxRefused), .storeFailed,
    ].map { fault in
        let remedy =
            switch fault {
            case .answerIncomplete: "look at the store"
            case .keyBroken: "restore the key record from a backup of the store"
            case .notSealed: "put the object again through Sealgate"
            case .restless: "retry"
            case .sealBroken: "restore the object from a backup; look at who changed it"
            case .storeFailed: "retry; look at the log of the store"
            }
        let reason =
            fault == .sealBroken(.keyBoxRefused) ? "the ciphertext does not verify" : fault.reason
        return (reason, S3Error(.internalError), remedy)
    }

    private static let store: [Row] = [
        (
            "the store can't be reached, or answers nothing in time",
            StoreFailure.answer(.unreachable(.timedOut)), "look at sealgate-store; retry"
        ),
        (
            "more requests wait for the store than `limits.store_queue`",
            StoreFailure.answer(.unreachable(.queueFull)), "retry; raise the limit"
        ),
        (
            "the store's disk is full or read-only, as the message says, or the store is stopping",
            StoreFailure.read(507), "make room, or mend the disk; retry"
        ),
        (
            "the store answers outside of its dialect", StoreFailure.answer(.answerTooLarge),
            "look at its version"
        ),
    ]

    private static var codes: String {
        S3ErrorCode.allCases.reduce(into: "| code | status | message |\n|---|---|---|\n") {
            text,
            code in
            text += "| `\(code.rawValue)` | \(code.status) | \(code.message) |\n"
        }
    }
}
