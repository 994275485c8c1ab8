"""The clients of the matrix: each uploads a folder of files and gets it back, in every mode."""

import base64
import json
import re
import xml.etree.ElementTree as xml

import boto3.s3.transfer

MULTIPART_FROM = 8 << 20
PART_BYTES = 8 << 20
# No multiple of a segment, so that the edges of parts and segments fall apart.
ODD_PART_BYTES = (7 << 20) + 12_345
CONTENT_TYPE = "application/x-sealgate-test"
NOTE = "metadata-of-the-matrix"


class AWS:
    """The AWS CLI; `s3 cp` splits from 8 MiB on."""

    name = "aws"
    part_bytes = PART_BYTES

    def __init__(self, deployment, folder):
        self.gateway, self.folder = deployment, folder

    def upload(self, bucket, prefix, folder, mode):
        """Uploads every file of the folder; gives the ETags that it was told, by name."""
        self.gateway.run("aws", "s3", "cp", "--recursive", "--only-show-errors", folder,
                         f"s3://{bucket}/{prefix}", "--content-type", CONTENT_TYPE,
                         "--metadata", json.dumps({"note": NOTE}), *self.options(mode.write))
        return {}

    def download(self, bucket, prefix, folder, mode):
        self.gateway.run("aws", "s3", "cp", "--recursive", "--only-show-errors",
                         f"s3://{bucket}/{prefix}", folder, *self.options(mode.read))

    def options(self, headers):
        options = []
        if "x-amz-server-side-encryption" in headers:
            options += ["--sse", headers["x-amz-server-side-encryption"]]
        if "x-amz-server-side-encryption-aws-kms-key-id" in headers:
            options += ["--sse-kms-key-id", headers["x-amz-server-side-encryption-aws-kms-key-id"]]
        if "x-amz-server-side-encryption-customer-key" in headers:
            raw = self.folder / "customer.key"
            raw.write_bytes(base64.b64decode(headers["x-amz-server-side-encryption-customer-key"]))
            options += ["--sse-c", "AES256", "--sse-c-key", f"fileb://{raw}"]
        return options


class Boto3:
    """boto3's managed transfer."""

    name = "boto3"
    part_bytes = PART_BYTES

    def __init__(self, deployment, folder):
        self.s3 = deployment.s3()
        self.config = boto3.s3.transfer.TransferConfig(
            multipart_threshold=MULTIPART_FROM, multipart_chunksize=PART_BYTES)

    def upload(self, bucket, prefix, folder, mode):
        told = {}

        def note(parsed, **_):
            told[name] = parsed["ETag"]

        for operation in ("PutObject", "CompleteMultipartUpload"):
            self.s3.meta.events.register(f"after-call.s3.{operation}", note)
        for path in folder.iterdir():
            name = path.name
            self.s3.upload_file(
                str(path), bucket, prefix + name, Config=self.config,
                ExtraArgs={"ContentType": CONTENT_TYPE, "Metadata": {"note": NOTE},
                           **mode.boto_write()})
        return told

    def download(self, bucket, prefix, folder, mode):
        for entry in self.s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
            self.s3.download_file(
                bucket, entry["Key"], str(folder / entry["Key"].removeprefix(prefix)),
                Config=self.config, ExtraArgs=mode.boto_read())


class Rclone:
    """rclone with an S3 remote of provider Other; it splits from 8 MiB on here."""

    name = "rclone"
    part_bytes = PART_BYTES

    def __init__(self, deployment, folder):
        self.gateway = deployment

    def remote(self, bucket, prefix, mode):
        options = {"provider": "Other", "env_auth": "true", "endpoint": self.gateway.endpoint,
                   "region": self.gateway.region, "force_path_style": "true",
                   "upload_cutoff": f"{MULTIPART_FROM}B", "chunk_size": f"{PART_BYTES}B"}
        names = {
            "x-amz-server-side-encryption": "server_side_encryption",
            "x-amz-server-side-encryption-aws-kms-key-id": "sse_kms_key_id",
            "x-amz-server-side-encryption-customer-algorithm": "sse_customer_algorithm",
            "x-amz-server-side-encryption-customer-key": "sse_customer_key_base64",
            "x-amz-server-side-encryption-customer-key-MD5": "sse_customer_key_md5",
        }
        options.update({names[name]: value for name, value in mode.write.items()})
        text = ",".join(f"{name}='{value}'" for name, value in options.items())
        return f":s3,{text}:{bucket}/{prefix}"

    def copy(self, source, target, *options):
        self.gateway.run("rclone", "--ca-cert", self.gateway.ca, "--config", "/dev/null",
                         *options, "copy", source, target)

    def upload(self, bucket, prefix, folder, mode):
        self.copy(folder, self.remote(bucket, prefix, mode), "--metadata", "--metadata-set",
                  f"note={NOTE}", "--metadata-set", f"content-type={CONTENT_TYPE}")
        return {}

    def download(self, bucket, prefix, folder, mode):
        self.copy(self.remote(bucket, prefix, mode), folder)


class Curl:
    """curl over HTTP/2, signing by itself; multipart as three kinds of request."""

    name = "curl"
    part_bytes = ODD_PART_BYTES

    def __init__(self, deployment, folder):
        self.gateway, self.folder = deployment, folder

    def request(self, *arguments, headers):
        """One request; gives the answer's fields and its body."""
        options = []
        for name, value in {"x-amz-content-sha256": "UNSIGNED-PAYLOAD", **headers}.items():
            options += ["--header", f"{name}: {value}"]
        heads = self.folder / "curl.heads"
        result = self.gateway.run(
            "curl", "--silent", "--show-error", "--fail-with-body", "--http2", "--cacert",
            self.gateway.ca, "--aws-sigv4", f"aws:amz:{self.gateway.region}:s3",
            "--user", f"{self.gateway.access_key}:{self.gateway.secret_key}",
            "--dump-header", heads, *options, *arguments)
        head = heads.read_text()
        assert head.startswith("HTTP/2 "), head
        return dict(re.findall(r"(?m)^([a-z0-9-]+): (.*?)\r?$", head)), result.stdout

    def url(self, bucket, key, query=""):
        return f"{self.gateway.endpoint}/{bucket}/{key}{query}"

    def upload(self, bucket, prefix, folder, mode):
        return {path.name: self.upload_one(bucket, prefix + path.name, path, mode)
                for path in folder.iterdir()}

    def upload_one(self, bucket, key, path, mode):
        about = {"content-type": CONTENT_TYPE, "x-amz-meta-note": NOTE, **mode.write}
        if path.stat().st_size < MULTIPART_FROM:
            fields, _ = self.request("--upload-file", path, self.url(bucket, key), headers=about)
            return fields["etag"]
        _, created = self.request("--request", "POST", self.url(bucket, key, "?uploads="),
                                  headers=about)
        upload = re.search("<UploadId>(.*?)</UploadId>", created)[1]
        body = xml.Element("CompleteMultipartUpload")
        data, piece = path.read_bytes(), self.folder / "curl.part"
        for number, start in enumerate(range(0, len(data), self.part_bytes), 1):
            piece.write_bytes(data[start:start + self.part_bytes])
            fields, _ = self.request("--upload-file", piece, self.url(
                bucket, key, f"?partNumber={number}&uploadId={upload}"), headers=mode.read)
            part = xml.SubElement(body, "Part")
            xml.SubElement(part, "PartNumber").text = str(number)
            xml.SubElement(part, "ETag").text = fields["etag"]
        _, done = self.request("--request", "POST", "--data-binary", xml.tostring(body).decode(),
                               self.url(bucket, key, f"?uploadId={upload}"),
                               headers={"content-type": "application/xml", **mode.read})
        answer = xml.fromstring(done)
        assert answer.tag.endswith("}CompleteMultipartUploadResult"), done
        return answer.findtext("{*}ETag")

    def download(self, bucket, prefix, folder, mode):
        for entry in self.gateway.s3().list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
            name = entry["Key"].removeprefix(prefix)
            self.request("--output", folder / name, self.url(bucket, prefix + name),
                         headers=mode.read)


CLIENTS = [AWS, Boto3, Rclone, Curl]
