"""Trees of thousands of files: what synchronised once has nothing to transfer the second time."""

import os
import random
import shutil
import time

import pytest

FILES = int(os.environ.get("SEALGATE_E2E_SYNC_FILES", 5_000))
KIB, MIB = 1 << 10, 1 << 20


@pytest.fixture(scope="module")
def tree(scratch):
    """Files of mixed sizes in many folders: most are small, some empty, some of several parts."""
    chance, root = random.Random(5), scratch / "sync-tree"
    block = chance.randbytes(20 * MIB)
    sizes = [0] * 20 + [64 * KIB - 1, 64 * KIB, 64 * KIB + 1, MIB, 5 * MIB, 6 * MIB + 1, 17 * MIB]
    sizes += [int(2 ** chance.uniform(0, 14)) for _ in range(FILES - 60 - len(sizes))]
    sizes += [int(2 ** chance.uniform(14, 18)) for _ in range(FILES - len(sizes))]
    chance.shuffle(sizes)
    for number, size in enumerate(sizes):
        path = root / f"{number % 50:02}" / f"{number // 50 % 10}" / f"file {number:04}"
        path.parent.mkdir(parents=True, exist_ok=True)
        start = chance.randrange(len(block) - size)
        path.write_bytes(block[start:start + size])
    yield root
    shutil.rmtree(root)


def aws(gateway, tree, bucket):
    said = gateway.run("aws", "s3", "sync", "--no-progress", tree, f"s3://{bucket}").stdout
    return said.count("upload: ")


def rclone(gateway, tree, bucket):
    options = f"provider=Other,env_auth,endpoint='{gateway.endpoint}',region={gateway.region}"
    said = gateway.run(
        "rclone", "--config", "/dev/null", "--ca-cert", gateway.ca, "--s3-upload-cutoff", "6M",
        "--s3-chunk-size", "5M", "--transfers", "16", "--checkers", "16", "--fast-list", "sync",
        "--verbose", tree, f":s3,{options}:{bucket}").stderr
    assert (said.count(": Copied (new)") == 0) == ("There was nothing to transfer" in said)
    assert ": Updated modification time" not in said and ": Copied (replaced" not in said
    return said.count(": Copied (new)")


def s3cmd(gateway, tree, bucket):
    host = gateway.endpoint.removeprefix("https://")
    said = gateway.run(
        "s3cmd", "--config", "/dev/null", "--host", host, "--host-bucket", host, "--ca-certs",
        gateway.ca, "--region", gateway.region, "--no-progress", "--multipart-chunk-size-mb", "5",
        "sync", f"{tree}/", f"s3://{bucket}/").stdout
    return said.count("upload: ")


def second_sync_transfers_nothing(gateway, tree, bucket, client, missing):
    for wanted in (missing, 0):
        began = time.monotonic()
        assert client(gateway, tree, bucket) == wanted
        print(f"{client.__name__}: {wanted} of {FILES} files in {time.monotonic() - began:.1f} s")
    listed = gateway.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket)
    sizes = {entry["Key"]: entry["Size"] for page in listed for entry in page["Contents"]}
    assert sizes == {str(path.relative_to(tree)): path.stat().st_size
                     for path in tree.rglob("*") if path.is_file()}


def test_rclone_and_then_the_aws_cli(gateway, bucket, tree):
    """The AWS CLI compares with what rclone sent; only what is gone it sends itself, since it
    takes half a minute for them all."""
    second_sync_transfers_nothing(gateway, tree, bucket, rclone, FILES)
    gone = [{"Key": str(path.relative_to(tree))} for path in tree.glob("*7/*/*")]
    assert 400 < len(gone) <= 1_000 or FILES < 5_000
    gateway.s3().delete_objects(Bucket=bucket, Delete={"Objects": gone})
    second_sync_transfers_nothing(gateway, tree, bucket, aws, len(gone))


def test_s3cmd(gateway, bucket, tree):
    second_sync_transfers_nothing(gateway, tree, bucket, s3cmd, FILES)
