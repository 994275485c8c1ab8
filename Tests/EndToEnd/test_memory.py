"""Many large transfers at once: the gateway's memory stays flat, whatever the objects' size."""

import hashlib
import os
import subprocess

import pytest

CLIENTS = 16
# The figure that is promised is of 1 GiB; a quick look by hand may take less.
BYTES = int(os.environ.get("SEALGATE_TEST_MEMORY_BYTES", 1 << 30))
PROMISED_BYTES = 128 << 20


@pytest.fixture()
def source(scratch):
    """One GiB that takes no room: a hole, with a text at its end."""
    path = scratch / "large"
    with path.open("wb") as file:
        file.seek(BYTES - 3)
        file.write(b"end")
    return path


def curl(gateway, number, url, *arguments):
    version = "--http2" if number % 2 else "--http1.1"
    return subprocess.Popen(
        ["curl", "--silent", "--show-error", "--fail", version, "--cacert", gateway.ca,
         "--max-time", "900", *arguments, url],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def finish(processes):
    for process in processes:
        _, words = process.communicate(timeout=900)
        assert process.returncode == 0, words


def test_sixteen_clients_at_once(own_gateway, source):
    gateway = own_gateway
    s3 = gateway.s3()
    s3.create_bucket(Bucket="large")
    uploads, downloads = [], []
    for number in range(CLIENTS):
        key, headers, arguments = f"k{number}", [], {}
        if number % 4 < 2:
            arguments = {"ServerSideEncryption": "aws:kms", "BucketKeyEnabled": True}
            headers = ["--header", "x-amz-server-side-encryption: aws:kms", "--header",
                       "x-amz-server-side-encryption-bucket-key-enabled: true"]
        about = {"Bucket": "large", "Key": key}
        put = s3.generate_presigned_url("put_object", {**about, **arguments})
        uploads.append((put, ["--upload-file", source, *headers]))
        downloads.append(s3.generate_presigned_url("get_object", about))
    finish([curl(gateway, number, url, *arguments)
            for number, (url, arguments) in enumerate(uploads)])
    assert gateway.memory_peak_bytes() < PROMISED_BYTES
    finish([curl(gateway, number, url, "--output", "/dev/null")
            for number, url in enumerate(downloads)])
    assert gateway.memory_peak_bytes() < PROMISED_BYTES

    listed = s3.list_objects_v2(Bucket="large")["Contents"]
    assert [entry["Size"] for entry in listed] == [BYTES] * CLIENTS
    digest = hashlib.sha256()
    for piece in s3.get_object(Bucket="large", Key="k3")["Body"].iter_chunks(1 << 20):
        digest.update(piece)
    with source.open("rb") as file:
        assert digest.hexdigest() == hashlib.file_digest(file, "sha256").hexdigest()
    for entry in listed:
        s3.delete_object(Bucket="large", Key=entry["Key"])
