"""Requests as bytes: SigV4 by hand and one TLS connection, for what SDKs would never send."""

import base64
import datetime
import hashlib
import hmac
import json
import re
import socket
import ssl
import urllib.parse
import zlib

EMPTY = hashlib.sha256(b"").hexdigest()
SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = SIGNED + "-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def md5(data):
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def keyed(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def quote(key):
    return urllib.parse.quote(key, safe="/-_.~")


class Signature:
    """One request's signature, and the chain of chunk signatures that it begins."""

    def __init__(self, gateway, method, target, headers, payload="UNSIGNED-PAYLOAD", region=None,
                 access_key=None, secret_key=None, minutes=0, unsigned=()):
        now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
        self.date = now.strftime("%Y%m%dT%H%M%SZ")
        self.scope = f"{self.date[:8]}/{region or gateway.region}/s3/aws4_request"
        self.headers = {"host": gateway.endpoint.split("//")[1], "x-amz-date": self.date,
                        "x-amz-content-sha256": payload, **headers}
        signed = {n.lower(): " ".join(str(v).split()) for n, v in self.headers.items()
                  if n.lower() not in ("expect", "connection", "transfer-encoding", *unsigned)}
        path, _, query = target.partition("?")
        path = quote(urllib.parse.unquote_to_bytes(path))
        pairs = sorted(tuple(urllib.parse.quote(urllib.parse.unquote_to_bytes(half), safe="-_.~")
                             for half in part.partition("=")[::2])
                       for part in query.split("&") if part)
        names = ";".join(sorted(signed))
        canonical = "\n".join([
            method, path, "&".join(f"{n}={v}" for n, v in pairs),
            *(f"{n}:{signed[n]}" for n in sorted(signed)), "", names, payload])
        key = ("AWS4" + (secret_key or gateway.secret_key)).encode()
        for part in self.scope.split("/"):
            key = keyed(key, part)
        self.key = key
        self.last = self.sign("AWS4-HMAC-SHA256", sha256(canonical.encode()))
        self.headers["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={access_key or gateway.access_key}/{self.scope},"
            f"SignedHeaders={names},Signature={self.last}")

    def sign(self, *lines):
        return keyed(self.key, "\n".join([lines[0], self.date, self.scope, *lines[1:]])).hex()

    def chunk(self, data, tamper=False):
        self.last = self.sign("AWS4-HMAC-SHA256-PAYLOAD", self.last, EMPTY, sha256(data))
        signature = flipped(self.last) if tamper else self.last
        return b"%x;chunk-signature=%s\r\n" % (len(data), signature.encode()) + data + b"\r\n"

    def trailer(self, name, value, tamper=False):
        self.last = self.sign("AWS4-HMAC-SHA256-TRAILER", self.last,
                              sha256(f"{name}:{value}\n".encode()))
        signature = flipped(self.last) if tamper else self.last
        return f"{name}:{value}\r\nx-amz-trailer-signature:{signature}\r\n\r\n".encode()


def flipped(text):
    return ("1" if text[0] == "0" else "0") + text[1:]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def code(self):
        return element(self.body, "Code")

    @property
    def keeps_alive(self):
        return self.headers.get("connection", "").lower() != "close"

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:400]}"


def element(body, name):
    found = re.search(rf"<{name}(?: [^>]*)?>(.*?)</{name}>", body.decode(errors="replace"), re.S)
    return found and found[1]


class Connection:
    """One HTTP/1.1 connection over TLS, byte by byte."""

    def __init__(self, gateway, protocols=("http/1.1",), timeout=20, **options):
        self.gateway = gateway
        address = urllib.parse.urlsplit(options.pop("base", gateway.endpoint))
        context = ssl.create_default_context(cafile=gateway.ca)
        if certificate := options.pop("certificate", None):
            context.load_cert_chain(*certificate)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        plain = socket.create_connection((address.hostname, address.port), timeout=timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname=address.hostname)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Sends what the peer takes; it may have answered and closed before the end."""
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass

    def more(self):
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError):
            data = b""
        self.buffer += data
        return bool(data)

    def closed(self):
        """Whether the peer closes, sending nothing else."""
        return not self.buffer and not self.more()

    def silent(self):
        """Whether the peer sends nothing else, for a short time or by closing."""
        self.socket.settimeout(0.1)
        try:
            return self.closed()
        except TimeoutError:
            return True

    def head(self):
        while b"\r\n\r\n" not in self.buffer:
            assert self.more(), f"closed after {self.buffer!r}"
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {n.lower(): v.strip() for n, _, v in (line.partition(":") for line in lines)}
        return int(first.split()[1]), headers

    def take(self, count):
        pieces, missing = [], count
        while len(self.buffer) < missing:
            pieces.append(self.buffer)
            missing -= len(self.buffer)
            self.buffer = b""
            assert self.more(), f"closed after {count - missing} of {count} bytes"
        pieces.append(self.buffer[:missing])
        self.buffer = self.buffer[missing:]
        return b"".join(pieces)

    def answer(self, method="GET", interim=False):
        status, headers = self.head()
        while status == 100 and not interim:
            status, headers = self.head()
        if method == "HEAD" or status in (100, 204, 304):
            return Answer(status, headers, b"")
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while True:
                while b"\r\n" not in self.buffer:
                    assert self.more()
                line, _, self.buffer = self.buffer.partition(b"\r\n")
                piece = self.take(int(line, 16) + 2)[:-2]
                if not piece:
                    return Answer(status, headers, body)
                body += piece
        return Answer(status, headers, self.take(int(headers["content-length"])))

    def begin(self, method, target, headers, body=b""):
        lines = [f"{method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
        self.send("\r\n".join([*lines, "", ""]).encode() + body)

    def request(self, method, target, headers=None, body=b"", payload=None, **signing):
        """A signed request and its answer."""
        payload = payload or (sha256(body) if body else EMPTY)
        headers = dict(headers or {})
        if body or method in ("PUT", "POST"):
            headers.setdefault("content-length", str(len(body)))
        signature = Signature(self.gateway, method, target, headers, payload, **signing)
        self.begin(method, target, signature.headers, body)
        return self.answer(method)


def call(gateway, method, target, headers=None, body=b"", **signing):
    """One signed request on a connection of its own."""
    with Connection(gateway) as connection:
        return connection.request(method, target, headers, body, **signing)


def settings(state, **sections):
    """A settings file for scripts/run's --config: its own, with sections changed or added."""
    document = {
        "tls": {"certificate_file": f"{state}/tls/server.crt",
                "key_file": f"{state}/tls/server.key"},
        "kms": {"backend_type": "local", "default_key_id": "default", "local": {
            "key_dir": f"{state}/kms", "master_key_file": f"{state}/master.key"}},
        "credentials": [],
    }
    for name, value in sections.items():
        if isinstance(value, dict):
            document[name] = {**document.get(name, {}), **value}
        else:
            document[name] = value
    state.mkdir(parents=True, exist_ok=True)
    path = state / "settings.yaml"
    path.write_text(json.dumps(document, indent=1))
    return path
