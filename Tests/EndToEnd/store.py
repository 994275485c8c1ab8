"""sealgate-store alone: the process, its other commands, and a client of its dialect."""

import http.client
import json
import os
import pathlib
import re
import select
import socket
import subprocess

from deployment import ROOT

BIN = pathlib.Path(os.environ.get("SEALGATE_BIN", ROOT / ".build/release"))
METADATA = "x-amz-meta-sealgate"


class Store:
    """A store on a folder, with settings as `name=value`; `inside` is a command that starts it."""

    def __init__(self, folder, *assignments, inside=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data, self.socket = self.folder / "data", self.folder / "store.sock"
        self.options = [word for text in assignments for word in ("--set", text)]
        self.inside = inside
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        ready, written = os.pipe()
        with open(self.folder / "store.log", "ab") as log:
            self.process = subprocess.Popen(
                [*self.inside, BIN / "sealgate-store", "serve", "--data", self.data, "--socket",
                 self.socket, "--ready-fd", str(written), *self.options],
                pass_fds=[written], stderr=log)
        os.close(written)
        with open(ready, "rb") as pipe:
            assert select.select([pipe], [], [], 60)[0] and pipe.read() == b"ready\n", self.log()
        return self

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(timeout=60) == 0, self.log()

    def log(self):
        return (self.folder / "store.log").read_text(errors="replace")

    def client(self):
        return Client(self.socket)

    def metric(self, name):
        with self.client() as client:
            text = client.send("GET", "/?sealgate-metrics").body.decode()
        return float(re.search(rf"(?m)^{re.escape(name)} (\S+)$", text)[1])

    def command(self, *arguments, data=None):
        return subprocess.run(
            [BIN / "sealgate-store", *arguments, "--data", data or self.data],
            capture_output=True, text=True, timeout=300)

    def check(self, *arguments, data=None):
        """The exit code and the report of a check."""
        result = self.command("check", "--json", *arguments, data=data)
        assert result.returncode in (0, 1), result.stderr
        return result.returncode, json.loads(result.stdout)


class Answer:
    def __init__(self, response):
        self.status, self.headers = response.status, response.headers
        self.body = response.read()

    @property
    def etag(self):
        return self.headers["etag"].strip('"')

    def text(self, element):
        """The text of the first element of that name."""
        return re.search(f"<{element}>(.*?)</{element}>", self.body.decode())[1]


class PartsClient:
    """Multipart uploads over `send` and `put_part`."""

    completion_headers = {}

    def put_parts(self, target, bodies):
        """A multipart object of these bodies: the answer to its Complete, or the first refusal."""
        answer, completion = self.upload_parts(target, bodies)
        return self.complete(*completion) if completion else answer

    def upload_parts(self, target, bodies):
        """Parts that aren't completed: the last answer, and if all went well what completes them."""
        answer = self.send("POST", target + "?uploads", self.completion_headers)
        if answer.status != 200:
            return answer, None
        upload = answer.text("UploadId")
        parts = []
        for number, body in enumerate(bodies, 1):
            answer = self.put_part(f"{target}?partNumber={number}&uploadId={upload}", body)
            if answer.status != 200:
                return answer, None
            parts.append(f"<Part><PartNumber>{number}</PartNumber><ETag>{answer.etag}</ETag></Part>")
        document = f"<CompleteMultipartUpload>{''.join(parts)}</CompleteMultipartUpload>"
        return answer, (f"{target}?uploadId={upload}", document)

    def complete(self, target, document):
        return self.send("POST", target, self.completion_headers, document.encode())


class Client(PartsClient, http.client.HTTPConnection):
    """One connection to a store."""

    completion_headers = {METADATA: "meta"}

    def __init__(self, path):
        super().__init__("store", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, method, target=None, headers=None, body=b""):
        if target is None:
            return super().send(method)
        self.request(method, target, body or None, headers or {})
        return Answer(self.getresponse())

    def begin(self, target, body, trailer=METADATA):
        """A chunked body that isn't ended, so that nothing of it may be seen."""
        self.putrequest("PUT", target, skip_accept_encoding=True)
        self.putheader("transfer-encoding", "chunked")
        self.putheader("trailer", trailer)
        self.endheaders()
        if body:
            super().send(b"%x\r\n" % len(body) + body + b"\r\n")

    def put(self, target, body, value="meta", trailer=METADATA):
        """A body that is committed by its trailer."""
        try:
            self.begin(target, body, trailer)
            super().send(b"0\r\n" + f"{trailer}: {value}\r\n\r\n".encode())
        except (BrokenPipeError, ConnectionResetError):
            pass  # A refusal may come before the end of the body; it is there to be read.
        return Answer(self.getresponse())

    def put_part(self, target, body):
        return self.put(target, body, trailer="x-sealgate-part")
