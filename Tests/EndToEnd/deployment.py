"""One running Sealgate: `scripts/run` in a state folder of its own, and clients for it."""

import base64
import hashlib
import http.client
import json
import os
import pathlib
import socket
import ssl
import subprocess
import time
import urllib.parse

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import httpx

ROOT = pathlib.Path(__file__).resolve().parents[2]


def until(is_so, seconds=20):
    """Waits for what comes by itself."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Deployment:
    def __init__(self, state, options=(), environment=None, folder=None, inside=()):
        self.state = pathlib.Path(state)
        self.options = [*options]
        self.environment = environment or {}
        self.folder = folder
        # What a command begins with to run elsewhere, as in a namespace.
        self.inside = [*inside]
        self.process = None
        self.info = {}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.launch()
        deadline = time.monotonic() + 60
        info = self.state / "info.json"
        while not info.exists():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(self.log())
            time.sleep(0.01)
        self.info = json.loads(info.read_text())
        return self

    def launch(self):
        """Starts both programs without waiting for them."""
        self.state.mkdir(parents=True, exist_ok=True)
        info = self.state / "info.json"
        info.unlink(missing_ok=True)
        with open(self.state / "output.log", "ab") as output:
            self.process = subprocess.Popen(
                [*self.inside, ROOT / "scripts/run", "--state", self.state, "--listen", "127.0.0.1:0",
                 "--admin", "127.0.0.1:0", "--info", info, *self.options],
                stdout=output, stderr=output, stdin=subprocess.DEVNULL, cwd=self.folder,
                env={**os.environ, **self.environment})

    def start_fails(self):
        """Starts; gives what it said when it refused."""
        before = len(self.log())
        self.launch()
        assert self.process.wait(timeout=60) != 0
        return self.log()[before:]

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(timeout=60)

    def restart(self):
        self.stop()
        return self.start()

    def log(self):
        """Everything that scripts/run and the gateway wrote."""
        path = self.state / "output.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # What scripts and clients need to know.

    def __getattr__(self, name):
        try:
            return self.__dict__["info"][name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def index(self):
        """The database of the store."""
        return pathlib.Path(self.store_data) / "index.sqlite"

    def client_environment(self):
        return {
            **os.environ,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_CA_BUNDLE": self.ca,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
            "SSL_CERT_FILE": self.ca,
        }

    def s3(self, **config):
        return boto3.client(
            "s3", endpoint_url=self.endpoint, verify=self.ca, region_name=self.region,
            aws_access_key_id=self.access_key, aws_secret_access_key=self.secret_key,
            config=botocore.config.Config(
                signature_version="s3v4", retries={"max_attempts": 1},
                s3={"addressing_style": "path"}, **config))

    def tls(self):
        return ssl.create_default_context(cafile=self.ca)

    def http(self, **options):
        """An HTTP client that knows the development CA; it speaks HTTP/2 unless told not to."""
        return httpx.Client(
            base_url=self.endpoint, verify=self.tls(), http2=options.pop("http2", True),
            timeout=60, **options)

    def connection(self):
        """One HTTP/1.1 connection, kept alive."""
        address = urllib.parse.urlsplit(self.endpoint)
        return http.client.HTTPSConnection(
            address.hostname, address.port, context=self.tls(), timeout=60)

    def run(self, *command, check=True, **options):
        result = subprocess.run(
            [str(part) for part in command], env=self.client_environment(), capture_output=True,
            **{"text": True, "timeout": 300, **options})
        if check:
            assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
        return result

    def admin(self, method, path, document=None):
        """A signed request to the admin API; (status, JSON)."""
        body = b"" if document is None else json.dumps(document).encode()
        reply = self.signed(method, path, body=body, base=self.__dict__["info"]["admin"],
                            headers={"content-type": "application/json"})
        return reply.status_code, reply.json() if reply.content else None

    def headers(self, method, path, body=b"", headers=None, base=None, payload=None, secret=None):
        """The headers of a signed request, those given among them as they stand."""
        request = botocore.awsrequest.AWSRequest(
            method=method, url=(base or self.endpoint) + path, headers=headers or {})
        keys = botocore.credentials.Credentials(self.access_key, secret or self.secret_key)
        stated = payload or hashlib.sha256(body).hexdigest()
        PayloadSigner(keys, self.region, stated).add_auth(request)
        return dict(request.headers)

    def presigned(self, method, path, headers=None, seconds=3600):
        """A URL that carries its signature, over the host and these headers."""
        request = botocore.awsrequest.AWSRequest(
            method=method, url=self.endpoint + path, headers=headers or {})
        keys = botocore.credentials.Credentials(self.access_key, self.secret_key)
        botocore.auth.S3SigV4QueryAuth(keys, "s3", self.region, expires=seconds).add_auth(request)
        return request.url

    def signed(self, method, path, body=b"", headers=None, base=None, http2=False, **signature):
        """One signed request, as the headers stand: for what SDKs would refuse to send."""
        signed = self.headers(method, path, body, headers, base, **signature)
        with self.http(http2=http2) as client:
            return client.request(method, (base or self.endpoint) + path, content=body,
                                  headers=signed)

    def create_kms_key(self, name):
        status, answer = self.admin("POST", "/kms/keys", {"KeyId": name})
        assert status == 200, answer
        return answer["key_id"]

    def metrics(self):
        """What /metrics tells: values by names with their labels."""
        with self.http() as client:
            text = client.get(self.info["admin"] + "/metrics").text
        return {name: float(value) for name, value in
                (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))}

    def memory_peak_bytes(self):
        """The gateway's largest resident set so far (VmHWM)."""
        status = pathlib.Path(f"/proc/{self.gateway_pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

    # What the storage side can see.

    def stored_files(self):
        return [path for path in pathlib.Path(self.store_data).rglob("*") if path.is_file()]

    def body_files(self):
        """The files that hold bodies; small bodies stand in the index."""
        return {path for path in self.stored_files() if len(path.name) == 32}

    def find_in_store(self, needles):
        """The needles that any file of the store holds, in any of their spellings."""
        return find(self.store_data, needles)


# A credential for settings files, with the rights of an administrator.
ADMIN = {"id": "admin", "access_key_id": "ADMIN", "secret_access_key": "admin-secret",
         "admin": True}


class AdminDeployment(Deployment):
    """One whose settings have `ADMIN` among the credentials: its clients sign with that."""

    def start(self):
        super().start()
        self.info.update(access_key=ADMIN["access_key_id"], secret_key=ADMIN["secret_access_key"])
        return self


class PayloadSigner(botocore.auth.S3SigV4Auth):
    """A signer that is told what to say of the body."""

    def __init__(self, keys, region, payload):
        super().__init__(keys, "s3", region)
        self.stated = payload

    def payload(self, request):
        return self.stated


def free_ports(count):
    """Ports of the loopback that were free just now."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def find(folder, needles):
    """The needles that any file under a folder holds: as they are, in hex or in base64."""
    forms = {}
    for needle in needles:
        for form in spellings(needle):
            assert b"\n" not in form, "grep takes a pattern a line"
            forms[form] = needle
    # grep looks for all of them in one pass; Python would need minutes for gigabytes.
    result = subprocess.run(
        ["grep", "--recursive", "--fixed-strings", "--only-matching", "--no-filename", "--text",
         "--file=-", os.fspath(folder)],
        input=b"\n".join(forms), capture_output=True, env={**os.environ, "LC_ALL": "C"})
    assert result.returncode in (0, 1), result.stderr
    return {forms[line] for line in result.stdout.split(b"\n") if line}


def spellings(secret):
    """A secret as storage might hold it: raw, hex, and base64 at each of the three alignments."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for skip in range(3):
        # The characters that the secret alone decides: 6 bits each, from bit 8·skip on.
        text = base64.b64encode(b"\0" * skip + secret)
        inner = text[(skip * 8 + 5) // 6:(skip + len(secret)) * 8 // 6]
        if len(inner) >= 12:
            yield inner
            yield inner.replace(b"+", b"-").replace(b"/", b"_")


def customer_key(seed):
    key = hashlib.sha256(seed.encode()).digest()
    return key, base64.b64encode(key).decode(), base64.b64encode(hashlib.md5(key).digest()).decode()


def customer_headers(seed, prefix="x-amz-server-side-encryption-customer-"):
    _, key, digest = customer_key(seed)
    return {prefix + "algorithm": "AES256", prefix + "key": key, prefix + "key-MD5": digest}
