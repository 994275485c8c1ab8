"""The clients of the compatibility table: what each can do with a tree of files, in every mode that
it offers. A method that a client lacks is an operation that it doesn't offer."""

import base64
import contextlib
import os
import re
import subprocess

import boto3
import botocore.session
import minio
import minio.commonconfig
import minio.sse
import obstore
import s3transfer.crt
import urllib3

from modes import CUSTOMER, KMS_KEY, SSE

PART_BYTES = 5 << 20


class Client:
    """A client of one deployment, bucket and mode; every path is a name below a prefix."""

    # The modes that it can ask for; the gateway's default needs no asking.
    modes = ("default", "SSE-S3", "SSE-KMS-default", "SSE-KMS-other", "SSE-C")
    # What the page says below its table.
    note = None

    def __init__(self, gateway, bucket, prefix, mode, folder):
        self.gateway, self.bucket, self.prefix = gateway, bucket, prefix
        self.mode, self.folder = mode, folder

    def key(self, name):
        return self.prefix + name

    def file_of_key(self, raw=True):
        """A file with the customer's key."""
        path = self.folder / "customer.key"
        text = self.mode.write[CUSTOMER + "key"]
        path.write_bytes(base64.b64decode(text) if raw else text.encode())
        path.chmod(0o600)
        return path


class AWSCommandLine(Client):
    title = "AWS CLI 1"

    def aws(self, *arguments, **options):
        return self.gateway.run("env", f"AWS_CONFIG_FILE={self.config()}", "aws", *arguments,
                                **options)

    def config(self):
        path = self.folder / "config"
        path.write_text(f"[default]\ns3 =\n  multipart_threshold = {PART_BYTES}\n"
                        f"  multipart_chunksize = {PART_BYTES}\n{self.more_config()}")
        return path

    def more_config(self):
        return ""

    def there(self, name=""):
        return f"s3://{self.bucket}/{self.key(name)}"

    def options(self, prefix="--sse"):
        headers = self.mode.write
        if CUSTOMER + "key" in headers:
            return [f"{prefix}-c", "AES256", f"{prefix}-c-key", f"fileb://{self.file_of_key()}"]
        options = [prefix, headers[SSE]] if SSE in headers else []
        return options + (["--sse-kms-key-id", headers[KMS_KEY]] if KMS_KEY in headers else [])

    def customer_options(self):
        return self.options() if self.mode.read else []

    def upload(self, tree):
        self.aws("s3", "cp", "--recursive", "--only-show-errors", tree, self.there(),
                 *self.options())

    def download(self, folder):
        self.aws("s3", "cp", "--recursive", "--only-show-errors", self.there(), folder,
                 *self.customer_options())

    def sizes(self):
        lines = self.aws("s3", "ls", "--recursive", self.there()).stdout.splitlines()
        entries = (re.fullmatch(r"\S+ \S+ +(\d+) (.*)", line) for line in lines)
        return {entry[2].removeprefix(self.prefix): int(entry[1]) for entry in entries}

    def part(self, name, start, count):
        target = self.folder / "part"
        customer = []
        if self.mode.read:
            customer = ["--sse-customer-algorithm", "AES256", "--sse-customer-key",
                        f"fileb://{self.file_of_key()}"]
        self.aws("s3api", "get-object", "--bucket", self.bucket, "--key", self.key(name),
                 "--range", f"bytes={start}-{start + count - 1}", *customer, target)
        return target.read_bytes()

    def unchanged(self, tree):
        said = self.aws("s3", "sync", tree, self.there(), *self.options()).stdout
        assert said == "", "nothing changed"

    def copy(self, name, other):
        source = [option.replace("--sse-c", "--sse-c-copy-source")
                  for option in self.customer_options()]
        self.aws("s3", "cp", "--only-show-errors", self.there(name), self.there(other),
                 *self.options(), *source)

    def remove(self):
        self.aws("s3", "rm", "--recursive", "--only-show-errors", self.there())


class AWSCommandLineCRT(AWSCommandLine):
    title = "AWS CLI 1 with awscrt"

    def more_config(self):
        return "  preferred_transfer_client = crt\n"

    # All but transfers is the same program as without it.
    sizes = part = unchanged = copy = remove = None


class Boto3(Client):
    title = "boto3"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.s3 = self.gateway.s3()
        self.config = boto3.s3.transfer.TransferConfig(
            multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES)

    def upload(self, tree):
        for name, path in files(tree).items():
            self.s3.upload_file(str(path), self.bucket, self.key(name), Config=self.config,
                                ExtraArgs=self.mode.boto_write())

    def download(self, folder):
        for name in self.sizes():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self.s3.download_file(self.bucket, self.key(name), str(path), Config=self.config,
                                  ExtraArgs=self.mode.boto_read())

    def sizes(self):
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix)
        return {entry["Key"].removeprefix(self.prefix): entry["Size"]
                for page in pages for entry in page.get("Contents", ())}

    def part(self, name, start, count):
        return self.s3.get_object(
            Bucket=self.bucket, Key=self.key(name), Range=f"bytes={start}-{start + count - 1}",
            **self.mode.boto_read())["Body"].read()

    def copy(self, name, other):
        source = {f"CopySource{name}": value for name, value in self.mode.boto_read().items()}
        self.s3.copy({"Bucket": self.bucket, "Key": self.key(name)}, self.bucket, self.key(other),
                     ExtraArgs=self.mode.boto_write() | source, Config=self.config)

    def remove(self):
        self.s3.delete_objects(Bucket=self.bucket, Delete={
            "Objects": [{"Key": self.key(name)} for name in self.sizes()]})


class Boto3CRT(Boto3):
    title = "boto3's transfers with awscrt"

    @contextlib.contextmanager
    def manager(self):
        session = botocore.session.Session()
        session.set_credentials(self.gateway.access_key, self.gateway.secret_key)
        where = {"region_name": self.gateway.region, "endpoint_url": self.gateway.endpoint,
                 "verify": self.gateway.ca}
        wrapper = s3transfer.crt.BotocoreCRTCredentialsWrapper(session.get_credentials())
        client = s3transfer.crt.create_s3_crt_client(
            self.gateway.region, wrapper.to_crt_credentials_provider(), part_size=PART_BYTES,
            verify=self.gateway.ca)
        serializer = s3transfer.crt.BotocoreCRTRequestSerializer(session, where)
        with s3transfer.crt.CRTTransferManager(client, serializer) as manager:
            yield manager

    def upload(self, tree):
        with self.manager() as manager:
            for future in [manager.upload(str(path), self.bucket, self.key(name),
                                          extra_args=self.mode.boto_write())
                           for name, path in files(tree).items()]:
                future.result()

    def download(self, folder):
        with self.manager() as manager:
            futures = []
            for name in self.sizes():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                futures.append(manager.download(self.bucket, self.key(name), str(path),
                                                extra_args=self.mode.boto_read()))
            for future in futures:
                future.result()

    part = copy = remove = None


class MinIO(Client):
    title = "minio-py"

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.client = minio.Minio(
            self.gateway.endpoint.removeprefix("https://"), access_key=self.gateway.access_key,
            secret_key=self.gateway.secret_key, region=self.gateway.region,
            http_client=urllib3.PoolManager(ca_certs=self.gateway.ca))

    def encryption(self):
        headers = self.mode.write
        if CUSTOMER + "key" in headers:
            return minio.sse.SseCustomerKey(base64.b64decode(headers[CUSTOMER + "key"]))
        if KMS_KEY in headers:
            return minio.sse.SseKMS(headers[KMS_KEY], {"used": "by minio-py"})
        return minio.sse.SseS3() if SSE in headers else None

    # Its SSE-KMS always names a key.
    modes = ("default", "SSE-S3", "SSE-KMS-other", "SSE-C")

    def customer(self):
        return self.encryption() if self.mode.read else None

    def upload(self, tree):
        for name, path in files(tree).items():
            self.client.fput_object(self.bucket, self.key(name), str(path), part_size=PART_BYTES,
                                    sse=self.encryption())

    def download(self, folder):
        for name in self.sizes():
            self.client.fget_object(self.bucket, self.key(name), str(folder / name),
                                    ssec=self.customer())

    def sizes(self):
        listed = self.client.list_objects(self.bucket, self.prefix, recursive=True)
        return {entry.object_name.removeprefix(self.prefix): entry.size for entry in listed}

    def part(self, name, start, count):
        answer = self.client.get_object(self.bucket, self.key(name), offset=start, length=count,
                                        ssec=self.customer())
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()

    def copy(self, name, other):
        source = minio.commonconfig.CopySource(
            self.bucket, self.key(name), ssec=self.customer())
        self.client.copy_object(self.bucket, self.key(other), source, sse=self.encryption())

    def remove(self):
        for name in self.sizes():
            self.client.remove_object(self.bucket, self.key(name))


class Rclone(Client):
    title = "rclone"

    names = {
        SSE: "server_side_encryption",
        KMS_KEY: "sse_kms_key_id",
        CUSTOMER + "algorithm": "sse_customer_algorithm",
        CUSTOMER + "key": "sse_customer_key_base64",
        CUSTOMER + "key-MD5": "sse_customer_key_md5",
    }

    def remote(self, name=""):
        options = {"provider": "Other", "env_auth": "true", "endpoint": self.gateway.endpoint,
                   "region": self.gateway.region, "upload_cutoff": f"{PART_BYTES}B",
                   "chunk_size": f"{PART_BYTES}B"}
        options |= {self.names[name]: value for name, value in self.mode.write.items()}
        text = ",".join(f"{name}='{value}'" for name, value in options.items())
        return f":s3,{text}:{self.bucket}/{self.key(name)}"

    def command(self, *arguments):
        return ["rclone", "--config", "/dev/null", "--ca-cert", self.gateway.ca, *arguments]

    def rclone(self, *arguments, **options):
        return self.gateway.run(*self.command(*arguments), **options)

    def upload(self, tree):
        self.rclone("copy", "--metadata", tree, self.remote())

    def download(self, folder):
        self.rclone("copy", self.remote(), folder)

    def sizes(self):
        listed = self.rclone("lsf", "-R", "--files-only", "--format", "sp", self.remote()).stdout
        return {name: int(size) for size, name in (line.split(";", 1)
                                                   for line in listed.splitlines())}

    def part(self, name, start, count):
        return self.rclone("cat", "--offset", start, "--count", count, self.remote(name),
                           text=False).stdout

    def unchanged(self, tree):
        assert "There was nothing to transfer" in self.rclone(
            "sync", "-v", tree, self.remote()).stderr

    def check(self, tree):
        assert "0 differences found" in self.rclone("check", tree, self.remote()).stderr
        assert "0 differences found" in self.rclone(
            "check", "--download", tree, self.remote()).stderr

    def serve(self, name):
        """The object, from `rclone serve http`."""
        server = subprocess.Popen(
            self.command("serve", "http", "--addr", "127.0.0.1:0", "--read-only", self.remote()),
            env=self.gateway.client_environment(), stderr=subprocess.PIPE, text=True)
        try:
            for line in server.stderr:
                if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
                    return self.gateway.run("curl", "-sS", "--fail", found[0] + name,
                                            text=False).stdout
            raise AssertionError("rclone serve ended")
        finally:
            server.terminate()
            server.communicate()

    def copy(self, name, other):
        self.rclone("copyto", self.remote(name), self.remote(other))

    def remove(self):
        self.rclone("delete", self.remote())


class S5cmd(Client):
    title = "s5cmd"
    modes = ("default", "SSE-S3", "SSE-KMS-default", "SSE-KMS-other")

    def s5cmd(self, *arguments, **options):
        return self.gateway.run("s5cmd", "--endpoint-url", self.gateway.endpoint, *arguments,
                                **options)

    def options(self):
        options = ["--sse", self.mode.write[SSE]] if SSE in self.mode.write else []
        if KMS_KEY in self.mode.write:
            options += ["--sse-kms-key-id", self.mode.write[KMS_KEY]]
        return options

    def there(self, name=""):
        return f"s3://{self.bucket}/{self.key(name)}"

    def upload(self, tree):
        self.s5cmd("cp", "--part-size", "5", *self.options(), f"{tree}/", self.there())

    def download(self, folder):
        self.s5cmd("cp", "--part-size", "5", self.there("*"), f"{folder}/")

    def sizes(self):
        lines = self.s5cmd("ls", self.there("*")).stdout.splitlines()
        entries = (re.fullmatch(r"\S+ \S+ +(\d+) +(.*)", line) for line in lines)
        return {entry[2].removeprefix(self.prefix): int(entry[1]) for entry in entries}

    def unchanged(self, tree):
        assert self.s5cmd("sync", *self.options(), f"{tree}/", self.there()).stdout == ""

    def copy(self, name, other):
        self.s5cmd("cp", *self.options(), self.there(name), self.there(other))

    def remove(self):
        self.s5cmd("rm", self.there("*"))


class S3cmd(Client):
    title = "s3cmd"
    modes = ("default", "SSE-S3", "SSE-KMS-other")

    def s3cmd(self, *arguments, **options):
        host = self.gateway.endpoint.removeprefix("https://")
        return self.gateway.run(
            "s3cmd", "--config", "/dev/null", "--host", host, "--host-bucket", host,
            "--ca-certs", self.gateway.ca, "--region", self.gateway.region, "--no-progress",
            "--multipart-chunk-size-mb", "5", *arguments, **options)

    def options(self):
        if KMS_KEY in self.mode.write:
            return ["--server-side-encryption",
                    f"--server-side-encryption-kms-id={self.mode.write[KMS_KEY]}"]
        return ["--server-side-encryption"] if SSE in self.mode.write else []

    def there(self, name=""):
        return f"s3://{self.bucket}/{self.key(name)}"

    def upload(self, tree):
        self.s3cmd("sync", *self.options(), f"{tree}/", self.there())

    def download(self, folder):
        self.s3cmd("get", "--recursive", self.there(), f"{folder}/")

    def sizes(self):
        lines = self.s3cmd("ls", "--recursive", self.there()).stdout.splitlines()
        entries = (re.fullmatch(r"\S+ \S+ +(\d+) +s3://[^/]+/(.*)", line) for line in lines)
        return {entry[2].removeprefix(self.prefix): int(entry[1]) for entry in entries}

    def unchanged(self, tree):
        assert "upload: " not in self.s3cmd(
            "sync", *self.options(), f"{tree}/", self.there()).stdout

    def copy(self, name, other):
        self.s3cmd("cp", *self.options(), self.there(name), self.there(other))

    def remove(self):
        self.s3cmd("del", "--recursive", "--force", self.there())


class Restic(Client):
    """Keeps what it stores under names of its own: a whole backup is one operation."""

    title = "restic"
    modes = ("default",)

    def restic(self, *arguments):
        return self.gateway.run(
            "env", "RESTIC_PASSWORD=of the test", "restic", "--no-cache", "--cacert",
            self.gateway.ca, "--repo",
            f"s3:{self.gateway.endpoint}/{self.bucket}/{self.prefix}repository", *arguments)

    def upload(self, tree):
        self.restic("init")
        self.restic("backup", tree)

    def check(self, tree):
        assert "no errors were found" in self.restic("check", "--read-data").stdout

    def download(self, folder):
        self.restic("restore", "latest", "--target", folder)

    def remove(self):
        self.restic("forget", "--prune", "--keep-last", "1", "--group-by", "")


class S3FS(Client):
    """A mounted bucket; what it keeps of files' modes and times makes it copy objects."""

    title = "s3fs-fuse"
    modes = ("default", "SSE-S3", "SSE-KMS-other", "SSE-C")
    note = ("with SSE-KMS and SSE-C by `nomultipart`: it begins uploads of parts without asking for"
            " SSE-KMS, and completes them without the customer's key")

    def options(self):
        if CUSTOMER + "key" in self.mode.write:
            return [f"use_sse=custom:{self.file_of_key(raw=False)}", "nomultipart"]
        if KMS_KEY in self.mode.write:
            return [f"use_sse=kmsid:{self.mode.write[KMS_KEY]}", "nomultipart"]
        return ["use_sse"] if SSE in self.mode.write else []

    @contextlib.contextmanager
    def mounted(self):
        password, point = self.folder / "password", self.folder / "mounted"
        password.write_text(f"{self.gateway.access_key}:{self.gateway.secret_key}")
        password.chmod(0o600)
        point.mkdir(exist_ok=True)
        options = ["use_path_request_style", "sigv4", f"url={self.gateway.endpoint}",
                   f"endpoint={self.gateway.region}", f"passwd_file={password}",
                   "multipart_size=5", "singlepart_copy_limit=5", *self.options()]
        command = ["s3fs", f"{self.bucket}:/{self.prefix.strip('/')}", point]
        for option in options:
            command += ["-o", option]
        self.gateway.run("env", f"CURL_CA_BUNDLE={self.gateway.ca}", *command)
        try:
            yield point
        finally:
            self.gateway.run("fusermount", "-u", point)

    def upload(self, tree):
        # A folder that isn't there can't be mounted.
        self.gateway.s3().put_object(Bucket=self.bucket, Key=self.prefix)
        with self.mounted() as point:
            self.gateway.run("cp", "--recursive", f"{tree}/.", point)

    def download(self, folder):
        with self.mounted() as point:
            self.gateway.run("cp", "--recursive", f"{point}/.", folder)

    def sizes(self):
        with self.mounted() as point:
            return {name: path.stat().st_size for name, path in files(point).items()}

    def part(self, name, start, count):
        with self.mounted() as point, open(point / name, "rb") as file:
            file.seek(start)
            return file.read(count)

    def remove(self):
        with self.mounted() as point:
            self.gateway.run("find", point, "-mindepth", "1", "-delete")


class ObStore(Client):
    title = "obstore"
    note = ("with SSE-C objects go up in one request: it completes an upload without the customer's"
            " key, which Sealgate needs to seal the list of parts")

    def __init__(self, *arguments):
        super().__init__(*arguments)
        headers, about = self.mode.write, {}
        if CUSTOMER + "key" in headers:
            about = {"server_side_encryption": "sse-c",
                     "sse_customer_key_base64": headers[CUSTOMER + "key"]}
        elif SSE in headers:
            about = {"server_side_encryption": headers[SSE]}
            if KMS_KEY in headers:
                about["sse_kms_key_id"] = headers[KMS_KEY]
        with open(self.gateway.ca, "rb") as certificate:
            trusted = certificate.read()
        self.store = obstore.store.S3Store(
            self.bucket, prefix=self.prefix, endpoint=self.gateway.endpoint,
            region=self.gateway.region, access_key_id=self.gateway.access_key,
            secret_access_key=self.gateway.secret_key, virtual_hosted_style_request=False,
            client_options={"root_certificate": trusted}, **about)

    def upload(self, tree):
        for name, path in files(tree).items():
            parts = path.stat().st_size > PART_BYTES and not self.mode.read
            obstore.put(self.store, name, path, chunk_size=PART_BYTES, use_multipart=parts)

    def download(self, folder):
        for name in self.sizes():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(obstore.get(self.store, name).bytes())

    def sizes(self):
        return {entry["path"]: entry["size"] for entry in obstore.list(self.store).collect()}

    def part(self, name, start, count):
        return bytes(obstore.get_range(self.store, name, start=start, length=count))

    def copy(self, name, other):
        obstore.copy(self.store, name, other)

    def remove(self):
        obstore.delete(self.store, list(self.sizes()))


def files(folder):
    """Every file below a folder by its name there."""
    return {str(path.relative_to(folder)): path
            for path in sorted(folder.rglob("*")) if path.is_file()}


def offers_fuse():
    """Whether this machine lets a program serve a file system: containers often don't."""
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
        return True
    except OSError:
        return False


CLIENTS = [AWSCommandLine, AWSCommandLineCRT, Boto3, Boto3CRT, MinIO, Rclone, S5cmd, S3cmd, Restic,
           S3FS, ObStore]
HERE = [client for client in CLIENTS if client is not S3FS or offers_fuse()]
