"""One running Sealgate: `scripts/run` in a state folder of its own, and clients for it."""

import base64
import hashlib
import json
import os
import pathlib
import signal
import ssl
import subprocess
import time

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import httpx

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Deployment:
    def __init__(self, state, options=(), environment=None):
        self.state = pathlib.Path(state)
        self.options = list(options)
        self.environment = environment or {}
        self.process = None
        self.info = {}

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self.state.mkdir(parents=True, exist_ok=True)
        info = self.state / "info.json"
        info.unlink(missing_ok=True)
        self.output = open(self.state / "output.log", "ab")
        self.process = subprocess.Popen(
            [ROOT / "scripts/run", "--state", self.state, "--listen", "127.0.0.1:0",
             "--admin", "127.0.0.1:0", "--info", info, *self.options],
            stdout=self.output, stderr=self.output, stdin=subprocess.DEVNULL,
            env={**os.environ, **self.environment})
        deadline = time.monotonic() + 60
        while not info.exists():
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.01)
        self.info = json.loads(info.read_text())
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=60)
        self.output.close()

    def restart(self):
        self.stop()
        return self.start()

    def log(self):
        return (self.state / "output.log").read_text(errors="replace")[-8000:]

    # What scripts and clients need to know.

    def __getattr__(self, name):
        try:
            return self.__dict__["info"][name]
        except KeyError:
            raise AttributeError(name) from None

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

    def http(self, **options):
        """An HTTP client that speaks HTTP/2 and knows the development CA."""
        return httpx.Client(
            base_url=self.endpoint, verify=ssl.create_default_context(cafile=self.ca),
            http2=options.pop("http2", True), timeout=60, **options)

    def run(self, *command, check=True, **options):
        result = subprocess.run(
            [str(part) for part in command], env=self.client_environment(), text=True,
            capture_output=True, timeout=options.pop("timeout", 300), **options)
        if check:
            assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"
        return result

    def admin(self, method, path, document=None):
        """A signed request to the admin API; (status, JSON)."""
        body = b"" if document is None else json.dumps(document).encode()
        reply = self.signed(method, path, body=body, base=self.__dict__["info"]["admin"],
                            headers={"content-type": "application/json"})
        return reply.status_code, reply.json() if reply.content else None

    def signed(self, method, path, body=b"", headers=None, base=None, http2=False, payload=None):
        """One signed request, as the headers stand: for what SDKs would refuse to send."""
        request = botocore.awsrequest.AWSRequest(
            method=method, url=(base or self.endpoint) + path, data=body,
            headers={**(headers or {}),
                     "x-amz-content-sha256": payload or hashlib.sha256(body).hexdigest()})
        keys = botocore.credentials.Credentials(self.access_key, self.secret_key)
        botocore.auth.S3SigV4Auth(keys, "s3", self.region).add_auth(request)
        with self.http(http2=http2) as client:
            return client.request(method, request.url, content=body, headers=dict(request.headers))

    def create_kms_key(self, name):
        status, answer = self.admin("POST", "/kms/keys", {"KeyId": name})
        assert status == 200, answer
        return answer["key_id"]

    def memory_peak_bytes(self):
        """The gateway's largest resident set so far (VmHWM)."""
        status = pathlib.Path(f"/proc/{self.gateway_pid}/status").read_text()
        line = next(l for l in status.splitlines() if l.startswith("VmHWM"))
        return int(line.split()[1]) * 1024

    # What the storage side can see.

    def stored_files(self):
        return [p for p in pathlib.Path(self.store_data).rglob("*") if p.is_file()]

    def find_in_store(self, needles):
        """The needles that any file of the store holds, as they are, in hex or in base64."""
        forms = {form: needle for needle in needles for form in spellings(needle)}
        found = set()
        for path in self.stored_files():
            data = path.read_bytes()
            found.update(needle for form, needle in forms.items() if form in data)
        return found


def spellings(secret):
    """A secret as storage might hold it: raw, hex, and base64 at each of the three alignments."""
    yield secret
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for skip in range(3):
        text = base64.b64encode(b"\0" * skip + secret)
        start = (skip * 8 + 5) // 6
        inner = text[start:len(text) - 4]
        if len(inner) >= 12:
            yield inner
            yield inner.replace(b"+", b"-").replace(b"/", b"_")


def customer_key(seed):
    key = hashlib.sha256(seed.encode()).digest()
    return key, base64.b64encode(key).decode(), base64.b64encode(hashlib.md5(key).digest()).decode()


def customer_headers(seed, prefix="x-amz-server-side-encryption-customer-"):
    _, key, digest = customer_key(seed)
    return {prefix + "algorithm": "AES256", prefix + "key": key, prefix + "key-MD5": digest}
