"""The clients of the matrix: each uploads and downloads one object, every mode."""

import hashlib
import json
import pathlib
import re
import xml.etree.ElementTree as xml

import boto3.s3.transfer

PART_BYTES = 8 << 20
MULTIPART_FROM = 8 << 20


class AWS:
    """The AWS CLI; `s3 cp` splits from 8 MiB on."""

    name = "aws"

    def __init__(self, deployment, folder):
        self.gateway, self.folder = deployment, folder

    def upload(self, bucket, key, path, mode):
        self.gateway.run("aws", "s3", "cp", "--only-show-errors", path, f"s3://{bucket}/{key}",
                         "--content-type", "application/x-sealgate-test",
                         "--metadata", json.dumps({"note": "metadata-of-the-matrix"}),
                         *self.options(mode.write))

    def download(self, bucket, key, path, mode):
        self.gateway.run("aws", "s3", "cp", "--only-show-errors", f"s3://{bucket}/{key}", path,
                         *self.options(mode.read))

    def options(self, headers):
        options = []
        if "x-amz-server-side-encryption" in headers:
            options += ["--sse", headers["x-amz-server-side-encryption"]]
        if "x-amz-server-side-encryption-aws-kms-key-id" in headers:
            options += ["--sse-kms-key-id", headers["x-amz-server-side-encryption-aws-kms-key-id"]]
        if "x-amz-server-side-encryption-customer-key" in headers:
            import base64
            raw = self.folder / "customer.key"
            raw.write_bytes(base64.b64decode(headers["x-amz-server-side-encryption-customer-key"]))
            options += ["--sse-c", "AES256", "--sse-c-key", f"fileb://{raw}"]
        return options


class Boto3:
    """boto3's managed transfer."""

    name = "boto3"

    def __init__(self, deployment, folder):
        self.s3 = deployment.s3()
        self.config = boto3.s3.transfer.TransferConfig(
            multipart_threshold=MULTIPART_FROM, multipart_chunksize=PART_BYTES)

    def upload(self, bucket, key, path, mode):
        self.s3.upload_file(str(path), bucket, key, Config=self.config, ExtraArgs={
            "ContentType": "application/x-sealgate-test",
            "Metadata": {"note": "metadata-of-the-matrix"}, **mode.boto_write()})

    def download(self, bucket, key, path, mode):
        self.s3.download_file(bucket, key, str(path), Config=self.config,
                              ExtraArgs=mode.boto_read())


class Rclone:
    """rclone with an S3 remote of provider Other; it splits from 8 MiB on here."""

    name = "rclone"

    def __init__(self, deployment, folder):
        self.gateway = deployment

    def remote(self, bucket, key, mode):
        options = {"provider": "Other", "env_auth": "true", "endpoint": self.gateway.endpoint,
                   "region": self.gateway.region, "force_path_style": "true",
                   "upload_cutoff": str(MULTIPART_FROM), "chunk_size": str(PART_BYTES)}
        names = {
            "x-amz-server-side-encryption": "server_side_encryption",
            "x-amz-server-side-encryption-aws-kms-key-id": "sse_kms_key_id",
            "x-amz-server-side-encryption-customer-algorithm": "sse_customer_algorithm",
            "x-amz-server-side-encryption-customer-key": "sse_customer_key_base64",
            "x-amz-server-side-encryption-customer-key-MD5": "sse_customer_key_md5",
        }
        options.update({names[n]: v for n, v in mode.write.items()})
        text = ",".join(f"{name}='{value}'" for name, value in options.items())
        return f":s3,{text}:{bucket}/{key}"

    def upload(self, bucket, key, path, mode):
        self.gateway.run("rclone", "--ca-cert", self.gateway.ca, "--config", "/dev/null", "--metadata",
                         "--metadata-set", "note=metadata-of-the-matrix",
                         "--metadata-set", "content-type=application/x-sealgate-test",
                         "copyto", path, self.remote(bucket, key, mode))

    def download(self, bucket, key, path, mode):
        self.gateway.run("rclone", "--ca-cert", self.gateway.ca, "--config", "/dev/null",
                         "copyto", self.remote(bucket, key, mode), path)


class Curl:
    """curl over HTTP/2, signing by itself; multipart as three kinds of request."""

    name = "curl"

    def __init__(self, deployment, folder):
        self.gateway, self.folder = deployment, folder

    def request(self, *arguments, headers=None):
        options = []
        for name, value in {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", **(headers or {})}.items():
            options += ["--header", f"{name}: {value}"]
        result = self.gateway.run(
            "curl", "--silent", "--show-error", "--fail-with-body", "--http2", "--cacert",
            self.gateway.ca, "--aws-sigv4", f"aws:amz:{self.gateway.region}:s3",
            "--user", f"{self.gateway.access_key}:{self.gateway.secret_key}",
            "--write-out", "\n%{http_version}", *options, *arguments)
        body, version = result.stdout.rsplit("\n", 1)
        assert version == "2", version
        return body

    def url(self, bucket, key, query=""):
        return f"{self.gateway.endpoint}/{bucket}/{key}{query}"

    def upload(self, bucket, key, path, mode):
        about = {"content-type": "application/x-sealgate-test",
                 "x-amz-meta-note": "metadata-of-the-matrix", **mode.write}
        if path.stat().st_size < MULTIPART_FROM:
            self.request("--upload-file", path, self.url(bucket, key), headers=about)
            return
        created = self.request("--request", "POST", self.url(bucket, key, "?uploads="), headers=about)
        upload = re.search("<UploadId>(.*?)</UploadId>", created)[1]
        data, parts = path.read_bytes(), []
        for number, start in enumerate(range(0, len(data), PART_BYTES), 1):
            piece = self.folder / "curl.part"
            piece.write_bytes(data[start:start + PART_BYTES])
            heads = self.folder / "curl.heads"
            self.request("--upload-file", piece, "--dump-header", heads, self.url(
                bucket, key, f"?partNumber={number}&uploadId={upload}"), headers=mode.read)
            parts.append(re.search(r"(?mi)^etag: (.*?)\r?$", heads.read_text())[1])
        body = xml.Element("CompleteMultipartUpload")
        for number, etag in enumerate(parts, 1):
            part = xml.SubElement(body, "Part")
            xml.SubElement(part, "PartNumber").text = str(number)
            xml.SubElement(part, "ETag").text = etag
        done = self.request("--request", "POST", "--data-binary", xml.tostring(body).decode(),
                            self.url(bucket, key, f"?uploadId={upload}"),
                            headers={"content-type": "application/xml", **mode.read})
        assert "<CompleteMultipartUploadResult" in done, done

    def download(self, bucket, key, path, mode):
        self.request("--output", path, self.url(bucket, key), headers=mode.read)


CLIENTS = [AWS, Boto3, Rclone, Curl]


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()
