"""The clients: curl for one object at a time, h2load for many.

All servers get the same commands: the same presigned URLs and headers, one cipher suite.
"""
import concurrent.futures
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

    def url(self, method, key, headers=None, parameters=None):
        path = f"/{self.target.bucket}/{key}"
        return self.target.signer.presign(method, path, headers, parameters)

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

    def load(self, method, keys, count, connections, streams, options=(), headers=None, h1=False,
             parameters=None):
        """Sends `count` requests by h2load, over the keys in turn; gives each one's seconds."""
        log = self.folder / f"{self._name(method, keys)}.times"
        log.unlink(missing_ok=True)
        more = ["--requests", str(count), "--log-file", str(log), *options]
        if h1:
            more.append("--h1")
        output = self._load(method, keys, connections, streams, more, headers, parameters)
        self._check_load(output, count)
        return [int(line.split("\t")[2]) / 1e6 for line in log.read_text().splitlines()]

    def load_signed(self, method, key, payload, count, connections, options=(), headers=None):
        """Sends `count` requests for one key by h2load, signed in a field, over HTTP/1.1."""
        path = f"/{self.target.bucket}/{key}"
        signed = self.target.signer.authorize(method, path, payload, headers)
        more = ["--requests", str(count), "--h1", *options]
        url = self.target.signer.origin + path
        self._check_load(self._load_urls(method, [url], connections, 1, more, signed), count)

    def load_for(self, method, key, seconds, connections, streams, options=(), headers=None):
        """Keeps that many requests for one key under way for a time, then breaks them off."""
        more = ["--duration", str(seconds), *options]
        output = self._load(method, [key], connections, streams, more, headers)
        self._expect(re.search(r" 0 failed, 0 errored, 0 timeout", output), output)

    def _load(self, method, keys, connections, streams, options, headers, parameters=None):
        urls = [self.url(method, key, headers, parameters) for key in keys]
        name = self._name(method, keys)
        return self._load_urls(method, urls, connections, streams, options, headers, name)

    def _load_urls(self, method, urls, connections, streams, options, headers, name="signed"):
        file = self.folder / f"{name}.urls"
        file.write_text("".join(url + "\n" for url in urls))
        command = [
            self.h2load_program, "--clients", str(connections),
            "--max-concurrent-streams", str(streams), "--threads", "1",
            "--tls13-ciphers", SUITE, "--input-file", str(file), *options,
        ]
        if method != "GET":
            command += ["--header", f":method: {method}"]
        for name, value in (headers or {}).items():
            command += ["--header", f"{name}: {value}"]
        return run(command)

    def _name(self, method, keys):
        name = f"{self.target.name}-{method}-{keys[0]}-{len(keys)}"
        return re.sub("[^A-Za-z0-9.-]", "_", name)

    def load_small(self, method, keys, count, options=(), headers=None, h1=False):
        """Many small requests at once."""
        streams = 1 if h1 else STREAMS
        return self.load(method, keys, count, CONNECTIONS, streams, options, headers, h1)

    def load_apart(self, method, keys, count, options=(), headers=None):
        """As many HTTP/1.1 connections at once, each with keys of its own.

        h2load's connections all go through the keys in step; where objects are really stored, that
        would measure how a server orders writes to one key.
        """
        shares = [keys[first::CONNECTIONS] for first in range(CONNECTIONS)]
        with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as pool:
            calls = [
                pool.submit(self.load, method, share, count // CONNECTIONS, 1, 1,
                            options, headers, True)
                for share in shares
            ]
            return [seconds for call in calls for seconds in call.result()]

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
