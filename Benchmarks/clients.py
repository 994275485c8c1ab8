"""The clients: curl for one object at a time, h2load for many.

Both servers get the same commands: the same presigned URLs and headers, one cipher suite.
"""
import re

from processes import BenchError, run

SUITE = "TLS_AES_256_GCM_SHA384"
CONNECTIONS, STREAMS = 16, 32


class Clients:
    """Runs clients against one target; each call ends when every answer is there."""

    def __init__(self, programs, folder, target):
        self.curl_program = str(programs["curl"])
        self.h2load_program = str(programs["h2load"])
        self.folder = folder
        self.target = target

    def url(self, method, key, headers=None):
        return self.target.signer.presign(method, f"/{self.target.bucket}/{key}", headers)

    def put(self, key, file, http, headers=None):
        """Uploads a file by curl to a presigned URL."""
        self._upload(self.url("PUT", key, headers), file, http, headers or {})

    def put_signed(self, key, file, sha256, http, headers=None):
        """Uploads a file by curl with the payload's SHA-256 in the signature."""
        path = f"/{self.target.bucket}/{key}"
        signed = self.target.signer.authorize("PUT", path, sha256, headers)
        self._upload(self.target.signer.origin + path, file, http, signed)

    def get(self, key, size, http, output="/dev/null"):
        """Downloads an object by curl."""
        facts = self._curl(self.url("GET", key), http, ["--output", str(output)])
        self._expect(facts["download"] == size, f"{facts['download']} bytes came, not {size}")

    def load(self, method, keys, count, connections, streams, options=(), headers=None, h1=False):
        """Sends `count` requests by h2load, over the keys in turn."""
        urls = self.folder / f"{self.target.name}-{method}-{len(keys)}.urls"
        urls.write_text("".join(self.url(method, key, headers) + "\n" for key in keys))
        command = [
            self.h2load_program, "--requests", str(count), "--clients", str(connections),
            "--max-concurrent-streams", str(streams), "--threads", "1",
            "--tls13-ciphers", SUITE, "--input-file", str(urls),
        ]
        if h1:
            command.append("--h1")
        if method != "GET":
            command += ["--header", f":method: {method}"]
        for name, value in (headers or {}).items():
            command += ["--header", f"{name}: {value}"]
        output = run([*command, *options])
        self._check_load(output, count)

    def load_small(self, method, keys, count, options=(), headers=None, h1=False):
        """Many small requests at once."""
        streams = 1 if h1 else STREAMS
        self.load(method, keys, count, CONNECTIONS, streams, options, headers, h1)

    def protocol(self):
        """The TLS version and suite that curl and this target agree on."""
        text = self._curl_text(self.url("GET", "none"), "1.1", ["--verbose", "--stderr", "-"])
        found = re.search(r"SSL connection using (\S+ / \S+)", text)
        self._expect(found, "no TLS connection")
        return found.group(1)

    def _upload(self, url, file, http, headers):
        options = ["--upload-file", str(file), "--header", "Expect:"]
        for name, value in headers.items():
            options += ["--header", f"{name}: {value}"]
        facts = self._curl(url, http, options)
        size = file.stat().st_size
        self._expect(facts["upload"] == size, f"{facts['upload']} bytes went, not {size}")

    def _curl(self, url, http, options):
        form = "\n%{http_code} %{http_version} %{size_upload} %{size_download}"
        text = self._curl_text(url, http, [*options, "--write-out", form])
        status, version, upload, download = text.splitlines()[-1].split()
        self._expect(status == "200", f"status {status}: {text[:300]}")
        self._expect(version == http, f"HTTP/{version} was spoken, not HTTP/{http}")
        return {"upload": int(upload), "download": int(download)}

    def _curl_text(self, url, http, options):
        return run([
            self.curl_program, "--silent", "--show-error", f"--http{http}", "--tlsv1.3",
            "--tls13-ciphers", SUITE, "--cacert", str(self.folder / "server.crt"),
            "--max-time", "150", *options, url,
        ])

    def _check_load(self, text, count):
        done = re.search(r"(\d+) succeeded", text)
        good = re.search(r"status codes: (\d+) 2xx", text)
        cipher = re.search(r"Cipher: (\S+)", text)
        self._expect(done and good and int(done.group(1)) == int(good.group(1)) == count, text)
        self._expect(cipher and cipher.group(1) == SUITE, f"another cipher suite than {SUITE}")

    def _expect(self, holds, text):
        if not holds:
            raise BenchError(f"a request to {self.target.name} failed", text)
