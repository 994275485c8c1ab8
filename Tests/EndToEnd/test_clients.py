"""Whole jobs of ordinary clients: a tree up, compared, changed, down and away again."""

import filecmp
import io
import random

import boto3
import boto3.s3.transfer
import pytest

MIB = 1 << 20


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Folders with files of many sizes and awkward names."""
    chance, root = random.Random(3), tmp_path_factory.mktemp("tree")
    for name, size in [("empty", 0), ("one byte", 1), ("a+b&c.txt", 5000), ("deep/er/file", 65536),
                       ("deep/ümläut", 70_000), ("big/eleven", 11 * MIB + 7),
                       ("big/exact", 8 * MIB),
                       *((f"many/{n:02}", 100 + n) for n in range(20))]:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(size))
    return root


def files(root):
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def same(one, two):
    assert files(one) == files(two)
    return not filecmp.cmpfiles(one, two, files(one), shallow=False)[1]


def test_the_aws_cli(gateway, bucket, tree, tmp_path):
    aws, there = ("aws", "s3"), f"s3://{bucket}/tree"
    assert gateway.run(*aws, "sync", tree, there).stdout.count("upload: ") == len(files(tree))
    assert gateway.run(*aws, "sync", tree, there).stdout == "", "nothing changed"
    listing = gateway.run(*aws, "ls", "--recursive", "--summarize", f"s3://{bucket}").stdout
    assert f"Total Objects: {len(files(tree))}" in listing and "tree/deep/ümläut" in listing
    assert "PRE deep/" in gateway.run(*aws, "ls", there + "/").stdout
    gateway.run(*aws, "sync", there, tmp_path / "down")
    assert same(tree, tmp_path / "down")
    (tmp_path / "down/empty").write_bytes(b"no longer")
    (tmp_path / "down/one byte").unlink()
    output = gateway.run(*aws, "sync", "--delete", tmp_path / "down", there).stdout
    assert output.count("upload: ") == 1 and output.count("delete: ") == 1
    gateway.run("bash", "-c", f"""set -e -o pipefail
        head -c 9000000 /dev/zero | aws s3 cp - s3://{bucket}/stream
        aws s3 cp s3://{bucket}/stream - | cmp - <(head -c 9000000 /dev/zero)""")
    refused = gateway.run(*aws, "cp", f"s3://{bucket}/absent", tmp_path / "x", check=False)
    assert refused.returncode == 1 and "404" in refused.stderr
    gateway.run(*aws, "rm", "--recursive", f"s3://{bucket}")
    gateway.run(*aws, "rb", f"s3://{bucket}")
    refused = gateway.run(*aws, "ls", f"s3://{bucket}", check=False)
    assert refused.returncode != 0 and "NoSuchBucket" in refused.stderr


def test_the_aws_cli_signs_for_others(gateway, bucket, tmp_path):
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"shared")
    config = tmp_path / "config"
    config.write_text("[default]\ns3 =\n  signature_version = s3v4\n  addressing_style = path\n")
    url = gateway.run("env", f"AWS_CONFIG_FILE={config}", "aws", "s3", "presign",
                      f"s3://{bucket}/k").stdout.strip()
    assert "X-Amz-Signature" in url
    assert gateway.run("curl", "-sS", "--fail", "--cacert", gateway.ca, url).stdout == "shared"
    # The CLI's own default, the second version of signatures, is refused in so many words.
    url = gateway.run("aws", "s3", "presign", f"s3://{bucket}/k").stdout.strip()
    if "X-Amz-Signature" not in url:
        answer = gateway.run("curl", "-sS", "--cacert", gateway.ca, url).stdout
        assert "AWS4-HMAC-SHA256" in answer and "shared" not in answer


def rclone(gateway, *arguments, **options):
    remote = f":s3,provider=Other,env_auth,endpoint='{gateway.endpoint}',region={gateway.region}:"
    return gateway.run("rclone", "--config", "/dev/null", "--ca-cert", gateway.ca,
                       "--s3-upload-cutoff", "8M", "--s3-chunk-size", "5M",
                       *(str(a).replace("REMOTE:", remote) for a in arguments), **options)


def test_rclone(gateway, bucket, tree, tmp_path):
    there = f"REMOTE:{bucket}/tree"
    rclone(gateway, "copy", "--metadata", tree, there)
    assert "0 differences found" in rclone(gateway, "check", tree, there).stderr
    assert "0 differences found" in rclone(gateway, "check", "--download", tree, there).stderr
    assert sorted(rclone(gateway, "lsf", "-R", "--files-only",
                         there).stdout.splitlines()) == files(tree)
    again = rclone(gateway, "copy", "-v", tree, there).stderr
    assert "There was nothing to transfer" in again
    rclone(gateway, "copy", there, tmp_path / "down")
    assert same(tree, tmp_path / "down")
    (tmp_path / "down/empty").unlink()
    rclone(gateway, "sync", tmp_path / "down", there)
    assert "empty" not in rclone(gateway, "lsf", there).stdout.splitlines()
    part = rclone(gateway, "cat", "--offset", 5 * MIB - 3, "--count", 20, f"{there}/big/exact",
                  text=False).stdout
    assert part == (tree / "big/exact").read_bytes()[5 * MIB - 3:5 * MIB + 17]
    rclone(gateway, "purge", f"REMOTE:{bucket}")
    assert bucket not in rclone(gateway, "lsd", "REMOTE:").stdout


def test_s5cmd(gateway, bucket, tree, tmp_path):
    s5cmd = ("s5cmd", "--endpoint-url", gateway.endpoint)
    there = f"s3://{bucket}/tree/"
    gateway.run(*s5cmd, "cp", "--part-size", "5", f"{tree}/", there)
    listing = gateway.run(*s5cmd, "ls", there + "*").stdout
    assert len(listing.splitlines()) == len(files(tree))
    gateway.run(*s5cmd, "cp", "--part-size", "5", there + "*", f"{tmp_path}/down/")
    assert same(tree, tmp_path / "down")
    assert gateway.run(*s5cmd, "cat", there + "many/07",
                       text=False).stdout == (tree / "many/07").read_bytes()
    assert gateway.run(*s5cmd, "sync", f"{tree}/", there).stdout == ""
    gateway.run(*s5cmd, "rm", f"s3://{bucket}/*")
    gateway.run(*s5cmd, "rb", f"s3://{bucket}")


def test_boto3_transfers_in_parallel(gateway, bucket):
    s3, data = gateway.s3(), random.Random(4).randbytes(24 * MIB + 11)
    config = boto3.s3.transfer.TransferConfig(multipart_threshold=5 * MIB,
                                              multipart_chunksize=5 * MIB,
                                              max_concurrency=8)
    s3.upload_fileobj(io.BytesIO(data), bucket, "k", Config=config,
                      ExtraArgs={"Metadata": {"a": "b"}})
    back = io.BytesIO()
    s3.download_fileobj(bucket, "k", back, Config=config)
    assert back.getvalue() == data
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"].endswith('-5"')


def test_boto3_resources(gateway, bucket):
    session = boto3.Session(gateway.access_key, gateway.secret_key, region_name=gateway.region)
    there = session.resource("s3", endpoint_url=gateway.endpoint, verify=gateway.ca).Bucket(bucket)
    for number in range(30):
        there.Object(f"folder/{number}").put(Body=str(number).encode())
    assert sum(entry.size for entry in there.objects.filter(Prefix="folder/")) == 50
    assert there.Object("folder/7").get()["Body"].read() == b"7"
    there.Object("folder/7").wait_until_exists()
    there.objects.all().delete()
    assert list(there.objects.all()) == []
    there.delete()


def test_retries_find_the_same_answer(gateway, bucket):
    """What a client repeats after a lost answer changes nothing."""
    s3 = gateway.s3()
    first = s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)["ETag"]
    assert s3.put_object(Bucket=bucket, Key="k", Body=b"x" * 100_000)["ETag"] == first
    for _ in range(2):
        s3.delete_object(Bucket=bucket, Key="k")
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)
