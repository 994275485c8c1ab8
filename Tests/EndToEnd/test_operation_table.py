"""Every operation of S3's API, as botocore knows it, asked of the gateway: what is answered is the
second table of docs/reference/s3-compatibility.md."""

import io
import os

import botocore.session
import pytest
from botocore.exceptions import ClientError

from deployment import ROOT

PAGE = ROOT / "docs/reference/s3-compatibility.md"
BEGIN = "<!-- operations: written by Tests/EndToEnd/test_operation_table.py -->\n"
END = "<!-- end of operations -->\n"
MODEL = botocore.session.get_session().get_service_model("s3")
OPERATIONS = sorted(MODEL.operation_names)

# Operations that clients ask only to find out that there is nothing: what they are answered.
FIXED = {
    "DeleteBucketLifecycle": 204, "DeleteBucketOwnershipControls": 204,
    "DeleteBucketReplication": 204, "DeleteBucketTagging": 204, "DeleteBucketWebsite": 204,
    "DeletePublicAccessBlock": 204, "GetBucketAccelerateConfiguration": 200,
    "GetBucketLogging": 200, "GetBucketNotificationConfiguration": 200,
    "GetBucketRequestPayment": 200, "GetBucketAcl": 200, "GetObjectAcl": 200,
    "PutBucketAcl": 200, "PutObjectAcl": 200,
    "GetBucketLifecycle": "NoSuchLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "NoSuchLifecycleConfiguration",
    "GetBucketNotification": 200,
    "GetBucketOwnershipControls": "OwnershipControlsNotFoundError",
    "GetBucketReplication": "ReplicationConfigurationNotFoundError",
    "GetBucketTagging": "NoSuchTagSet", "GetBucketWebsite": "NoSuchWebsiteConfiguration",
    "GetObjectLockConfiguration": "ObjectLockConfigurationNotFoundError",
    "GetObjectLegalHold": "InvalidRequest", "GetObjectRetention": "InvalidRequest",
    "GetPublicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
}
# Operations of services that only share the model with S3: of directory buckets, whose requests are
# signed for another service, and of Object Lambda, which has hosts of its own.
FOREIGN = {"ListDirectoryBuckets", "WriteGetObjectResponse"}

RULES = {"CORSRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]}
ENCRYPTION = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
POLICY = ('{"Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:GetObjectTorrent",'
          '"Resource":"arn:aws:s3:::%s/*"}]}')
# What a well-formed request needs that its shape alone doesn't say.
ARGUMENTS = {
    "CopyObject": lambda at: {"Key": "copy", "CopySource": f"{at.bucket}/k"},
    "CompleteMultipartUpload": lambda at: {
        "UploadId": at.upload, "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": at.part}]}},
    "CreateBucket": lambda at: {"Bucket": at.bucket + "-new"},
    "DeleteObjects": lambda at: {"Delete": {"Objects": [{"Key": "k"}]}},
    "GetObjectAttributes": lambda at: {"ObjectAttributes": ["ETag", "ObjectSize"]},
    "PutBucketAcl": lambda at: {"ACL": "private"},
    "PutBucketCors": lambda at: {"CORSConfiguration": RULES},
    "PutBucketEncryption": lambda at: {"ServerSideEncryptionConfiguration": ENCRYPTION},
    "PutBucketPolicy": lambda at: {"Policy": POLICY % at.bucket},
    "PutBucketVersioning": lambda at: {"VersioningConfiguration": {"Status": "Enabled"}},
    "PutObject": lambda at: {"Body": b"x"},
    "PutObjectAcl": lambda at: {"ACL": "private"},
    "PutObjectTagging": lambda at: {"Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
    "UpdateObjectEncryption": lambda at: {
        "Key": "kms", "ObjectEncryption": {
            "SSEKMS": {"KMSKeyArn": at.gateway.create_kms_key("key-of-the-operation-table")}}},
    "UploadPart": lambda at: {"UploadId": at.upload, "PartNumber": 1, "Body": b"x"},
    "UploadPartCopy": lambda at: {
        "UploadId": at.upload, "PartNumber": 1, "CopySource": f"{at.bucket}/k"},
    "AbortMultipartUpload": lambda at: {"UploadId": at.upload},
    "ListParts": lambda at: {"UploadId": at.upload},
}
# What must have been set before it can be shown, and what must be gone.
BEFORE = {
    "DeleteBucket": lambda at: at.s3.delete_objects(
        Bucket=at.bucket, Delete={"Objects": [{"Key": "k"}, {"Key": "kms"}]}),
    "GetBucketCors": lambda at: at.s3.put_bucket_cors(
        Bucket=at.bucket, CORSConfiguration=RULES),
    "GetBucketPolicy": lambda at: at.s3.put_bucket_policy(
        Bucket=at.bucket, Policy=POLICY % at.bucket),
    "GetBucketPolicyStatus": lambda at: at.s3.put_bucket_policy(
        Bucket=at.bucket, Policy=POLICY % at.bucket),
}
outcomes = {}


class Place:
    """A new bucket with two objects and an upload of one part."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.s3 = gateway.s3(inject_host_prefix=False)
        self.bucket = "t-" + os.urandom(6).hex()
        self.s3.create_bucket(Bucket=self.bucket)
        self.s3.put_object(Bucket=self.bucket, Key="k", Body=b"plain")
        self.s3.put_object(
            Bucket=self.bucket, Key="kms", Body=b"x", ServerSideEncryption="aws:kms")
        upload = {"Bucket": self.bucket, "Key": "k"}
        self.upload = self.s3.create_multipart_upload(**upload)["UploadId"]
        self.part = self.s3.upload_part(
            **upload, UploadId=self.upload, PartNumber=1, Body=b"x")["ETag"]


def value(shape, name, at):
    """Something of a shape, with what it requires and no more."""
    match shape.type_name:
        case "structure":
            return {member: value(shape.members[member], member, at)
                    for member in shape.required_members}
        case "list":
            return [value(shape.member, name, at)]
        case "string":
            known = {"Bucket": at.bucket, "Key": "k"}
            return known.get(name) or (shape.enum[0] if shape.enum else "x")
        case "boolean":
            return True
        case "integer" | "long":
            return 1
        case "timestamp":
            return "2030-01-01T00:00:00Z"
        case "blob":
            return io.BytesIO(b"x")
    raise AssertionError(f"{name} is a {shape.type_name}")


def ask(at, operation):
    """The status that an operation is answered with, and its error's code."""
    BEFORE.get(operation, lambda at: None)(at)
    shape = MODEL.operation_model(operation).input_shape
    arguments = value(shape, operation, at) if shape else {}
    arguments |= ARGUMENTS.get(operation, lambda at: {})(at)
    try:
        answer = getattr(at.s3, botocore.xform_name(operation))(**arguments)
        return answer["ResponseMetadata"]["HTTPStatusCode"], None
    except ClientError as error:
        return (error.response["ResponseMetadata"]["HTTPStatusCode"],
                error.response["Error"]["Code"])


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation(gateway, operation):
    status, code = ask(Place(gateway), operation)
    if (status, code) == (501, "NotImplemented"):
        outcomes[operation] = "501 `NotImplemented`"
    elif operation in FOREIGN:
        assert 400 <= status < 500, (status, code)
        outcomes[operation] = f"{status} `{code}`"
    elif operation in FIXED:
        assert FIXED[operation] in (status, code), (status, code)
        outcomes[operation] = f"fixed answer: {status}" + (f" `{code}`" if code else "")
    else:
        assert code is None and 200 <= status < 300, (status, code)
        outcomes[operation] = "✓"


def test_the_page_says_what_was_answered():
    assert sorted(outcomes) == OPERATIONS, "run the whole file"
    page = PAGE.read_text()
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    lines = ["| operation | answer |", "|---|---|"]
    lines += [f"| {operation} | {outcomes[operation]} |" for operation in OPERATIONS]
    text = "\n".join([*lines, ""])
    if "SEALGATE_WRITE_DOCS" in os.environ:
        PAGE.write_text(page[:start] + text + page[end:])
    else:
        assert page[start:end] == text
