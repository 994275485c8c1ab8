#!/usr/bin/env python3
"""Writes botocore/*.txt: requests as botocore signs them, captured before they are sent.

Needs botocore only; opens no connection. Run it from anywhere; the time is fixed, so that the
same version of botocore writes the same files.
"""

import datetime
import hashlib
import io
import pathlib
import shutil

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.session

NOW = datetime.datetime(2026, 11, 23, 14, 22, 35)
ACCESS_KEY = "AKIDSEALGATEEXAMPLE1"
SECRET = "botocore/example+secret/0123456789abcdef"
TOKEN = "session/token+with=signs=="
FOLDER = pathlib.Path(__file__).parent / "botocore"
ENDPOINT = "https://storage.example:9000"

botocore.auth.get_current_datetime = lambda: NOW


def write(name, method, url, headers, token=None):
    scheme, rest = url.split("://", 1)
    host, slash, path = rest.partition("/")
    lines = [
        f"access-key: {ACCESS_KEY}",
        f"secret: {SECRET}",
        "region: us-east-1",
        "service: s3",
        f"now: {NOW:%Y%m%dT%H%M%SZ}",
    ]
    if token:
        lines.append(f"token: {token}")
    lines += ["expect: ok", "", f"{method} /{path} HTTP/1.1"]
    # What differs from machine to machine, or from run to run, and isn't signed.
    left_out = ("user-agent", "amz-sdk-invocation-id", "amz-sdk-request")
    fields = [(key, value) for key, value in headers if key.lower() not in left_out]
    if not any(key.lower() == "host" for key, _ in fields):
        fields.insert(0, ("Host", host))
    for key, value in fields:
        text = value if isinstance(value, str) else value.decode("utf-8")
        lines.append(f"{key}: {text}")
    (FOLDER / f"{name}.txt").write_bytes(("\n".join(lines) + "\n").encode("utf-8"))


def client(token=None, url=ENDPOINT, **options):
    session = botocore.session.Session()
    session.set_credentials(ACCESS_KEY, SECRET, token)
    config = botocore.config.Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},
        retries={"max_attempts": 0},
        **options,
    )
    return session.create_client("s3", "us-east-1", endpoint_url=url, config=config)


def capture(name, operation, token=None, url=ENDPOINT, **arguments):
    s3 = client(token, url)

    def before_send(request, **_):
        write(name, request.method, request.url, request.headers.items(), token)
        return botocore.awsrequest.AWSResponse(
            request.url, 200, {}, io.BytesIO(b"<Empty/>")
        )

    s3.meta.events.register("before-send.s3", before_send)
    try:
        getattr(s3, operation)(**arguments)
    except Exception as error:  # The answer is no answer; the request is what counts.
        print(f"{name}: {type(error).__name__}")


def presign(name, operation, token=None, headers=(), expires=3600, **arguments):
    url = client(token).generate_presigned_url(operation, arguments, ExpiresIn=expires)
    method = {"get_object": "GET", "put_object": "PUT", "list_objects_v2": "GET"}[operation]
    write(name, method, url, headers, token)


def raw(name, method, path, headers=(), body=b"", presigned=False, token=None):
    credentials = botocore.credentials.Credentials(ACCESS_KEY, SECRET, token)
    request = botocore.awsrequest.AWSRequest(
        method=method, url=ENDPOINT + path, data=body, headers=dict(headers)
    )
    kind = botocore.auth.S3SigV4QueryAuth if presigned else botocore.auth.S3SigV4Auth
    kind(credentials, "s3", "us-east-1").add_auth(request)
    write(name, method, request.url, request.headers.items(), token)


KEYS = {
    "plain": "plain.txt",
    "space": "a key with spaces",
    "plus": "a+b+c",
    "percent": "100%",
    "percent-2f": "a%2Fb",
    "double-slash": "a//b///c",
    "dots": "a/./b/../c",
    "dot": ".",
    "trailing-slash": "folder/",
    "unicode": "Grüße/日本語/😀",
    "reserved": "a!b'c(d)e*f;g:h@i&j=k$l,m?n#o[p]q",
    "unreserved": "A-Za_z.0~9",
    "control": "tab\there\x7f",
    "quotes": 'back\\slash "quoted" <b>',
}


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for name, key in KEYS.items():
        capture(f"get-key-{name}", "get_object", Bucket="bucket", Key=key)
        presign(f"presigned-key-{name}", "get_object", Bucket="bucket", Key=key)
    capture("list-buckets", "list_buckets")
    capture("list-objects", "list_objects_v2", Bucket="bucket", Prefix="", Delimiter="/")
    capture(
        "list-objects-odd-prefix",
        "list_objects_v2",
        Bucket="bucket",
        Prefix="a b+c/%2F/é&=?#",
        StartAfter="~",
        MaxKeys=7,
    )
    capture("create-multipart", "create_multipart_upload", Bucket="bucket", Key="big")
    capture(
        "put-customer-key",
        "put_object",
        Bucket="bucket",
        Key="sealed",
        Body=b"text",
        SSECustomerAlgorithm="AES256",
        SSECustomerKey=b"0123456789abcdef0123456789abcdef",
    )
    capture(
        "put-kms",
        "put_object",
        Bucket="bucket",
        Key="sealed",
        Body=b"text",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId="reports",
        Metadata={"note": "inner   spaces   collapse", "empty": ""},
    )
    capture(
        "put-http-payload-hash",
        "put_object",
        url="http://127.0.0.1:9000",
        Bucket="bucket",
        Key="k",
        Body=b"text",
    )
    capture("put-token", "put_object", token=TOKEN, Bucket="bucket", Key="k", Body=b"text")
    capture(
        "copy",
        "copy_object",
        Bucket="bucket",
        Key="copy",
        CopySource={"Bucket": "source", "Key": "a b+ü"},
    )
    capture(
        "delete-objects",
        "delete_objects",
        Bucket="bucket",
        Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]},
    )
    presign("presigned-token", "get_object", token=TOKEN, Bucket="bucket", Key="k")
    presign("presigned-longest", "get_object", expires=604800, Bucket="bucket", Key="k")
    presign(
        "presigned-response-headers",
        "get_object",
        Bucket="bucket",
        Key="k",
        ResponseContentDisposition='attachment; filename="a b.txt"',
        ResponseContentType="text/plain; charset=utf-8",
    )
    presign(
        "presigned-customer-key",
        "put_object",
        headers=[
            ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
            (
                "x-amz-server-side-encryption-customer-key",
                "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
            ),
            ("x-amz-server-side-encryption-customer-key-MD5", "hRasmdxgYDKV3nvbahU1MA=="),
        ],
        Bucket="bucket",
        Key="k",
        SSECustomerAlgorithm="AES256",
        SSECustomerKey="0123456789abcdef0123456789abcdef",
    )
    raw("query-empty-values", "GET", "/bucket?uploads=&prefix=&a=")
    raw("query-repeated-names", "GET", "/bucket?b=2&a=2&a=1&b=1&a=10")
    raw("query-prefix-names", "GET", "/bucket?a=1&a-b=2&a.b=3&a_b=4&aB=5&A=6&a%20b=7")
    raw("query-slash-colon", "GET", "/bucket?prefix=a%2Fb%3Ac&x-id=ListObjects")
    raw("query-equals-in-value", "GET", "/bucket?a=b%3Dc")
    raw("presigned-repeated-names", "GET", "/bucket?tag=b&tag=a", presigned=True)
    raw("path-empty", "GET", "/")
    raw(
        "header-spaces",
        "PUT",
        "/bucket/k",
        headers={"x-amz-meta-a": "  many    inner   spaces  ", "Content-Type": "text/plain"},
    )
    raw("header-date", "GET", "/bucket/k", headers={"Date": "now"})
    raw("header-not-ascii", "PUT", "/bucket/k", headers={"x-amz-meta-a": "naïve"})


main()
