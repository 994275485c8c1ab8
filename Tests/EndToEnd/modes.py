"""The encryption modes, as each client asks for them."""

from deployment import customer_headers, customer_key

SSE = "x-amz-server-side-encryption"
KMS_KEY = SSE + "-aws-kms-key-id"
CONTEXT = SSE + "-context"
BUCKET_KEY = SSE + "-bucket-key-enabled"
CUSTOMER = SSE + "-customer-"


class Mode:
    """One way to encrypt: what a request carries and what an answer says."""

    def __init__(self, name, write=None, read=None, answer=None):
        self.name = name
        self.write = write or {}
        self.read = read or {}
        self.answer = answer or {}

    def __repr__(self):
        return self.name

    def boto_write(self):
        return boto_arguments(self.write)

    def boto_read(self):
        return boto_arguments(self.read)


BOTO = {
    SSE: "ServerSideEncryption",
    KMS_KEY: "SSEKMSKeyId",
    CONTEXT: "SSEKMSEncryptionContext",
    BUCKET_KEY: "BucketKeyEnabled",
    CUSTOMER + "algorithm": "SSECustomerAlgorithm",
    CUSTOMER + "key": "SSECustomerKey",
    CUSTOMER + "key-MD5": "SSECustomerKeyMD5",
}


def boto_arguments(headers):
    return {BOTO[name]: value for name, value in headers.items()}


def modes(default_key, other_key):
    customer = customer_headers("matrix")
    return [
        Mode("default", answer={SSE: "AES256", KMS_KEY: default_key}),
        Mode("SSE-S3", {SSE: "AES256"}, answer={SSE: "AES256", KMS_KEY: default_key}),
        Mode("SSE-KMS-default", {SSE: "aws:kms"}, answer={SSE: "aws:kms", KMS_KEY: default_key}),
        Mode("SSE-KMS-other", {SSE: "aws:kms", KMS_KEY: other_key},
             answer={SSE: "aws:kms", KMS_KEY: other_key}),
        Mode("SSE-C", customer, customer,
             {CUSTOMER + "algorithm": "AES256", CUSTOMER + "key-MD5": customer_key("matrix")[2]}),
    ]
