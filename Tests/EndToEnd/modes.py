"""The encryption modes, as each client asks for them."""

from deployment import customer_headers, customer_key


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
    "x-amz-server-side-encryption": "ServerSideEncryption",
    "x-amz-server-side-encryption-aws-kms-key-id": "SSEKMSKeyId",
    "x-amz-server-side-encryption-customer-algorithm": "SSECustomerAlgorithm",
    "x-amz-server-side-encryption-customer-key": "SSECustomerKey",
    "x-amz-server-side-encryption-customer-key-MD5": "SSECustomerKeyMD5",
}


def boto_arguments(headers):
    return {BOTO[name]: value for name, value in headers.items()}


def modes(default_key, other_key):
    sse, key_id = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"
    customer = customer_headers("matrix")
    prefix = "x-amz-server-side-encryption-customer-"
    return [
        Mode("default", answer={sse: "AES256", key_id: default_key}),
        Mode("SSE-S3", {sse: "AES256"}, answer={sse: "AES256", key_id: default_key}),
        Mode("SSE-KMS-default", {sse: "aws:kms"}, answer={sse: "aws:kms", key_id: default_key}),
        Mode("SSE-KMS-other", {sse: "aws:kms", key_id: other_key},
             answer={sse: "aws:kms", key_id: other_key}),
        Mode("SSE-C", customer, customer,
             {prefix + "algorithm": "AES256", prefix + "key-MD5": customer_key("matrix")[2]}),
    ]
