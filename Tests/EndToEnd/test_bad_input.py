"""What no client should send: each is refused, harms nobody and stores nothing."""

import os
import random
import ssl

import h2.config
import h2.connection
import h2.events
import pytest

from wire import EMPTY, SIGNED, UNSIGNED_TRAILER, Connection, Signature, call, crc32, md5

MARK = b"GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n"


@pytest.fixture(autouse=True)
def survives(gateway):
    """The process is the same afterwards, serves, and logged no fault of its own."""
    yield
    assert call(gateway, "GET", "/").status == 200
    assert os.path.exists(f"/proc/{gateway.gateway_pid}")
    assert "Fatal" not in gateway.log()


def head(gateway, method, target, headers, extra=(), version="HTTP/1.1"):
    lines = [f"{method} {target} {version}", *(f"{n}: {v}" for n, v in headers.items()), *extra]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


# HTTP/1.1: everything that two readers could read in two ways.

@pytest.mark.parametrize("extra, body", [
    (["content-length: 5", "transfer-encoding: chunked"], b"0\r\n\r\n" + MARK),
    (["transfer-encoding: chunked", "content-length: 5"], b"0\r\n\r\n" + MARK),
    (["content-length: 5", "content-length: 6"], b"hello" + MARK),
    (["content-length: 5, 6"], b"hello" + MARK), (["content-length: +5"], b"hello" + MARK),
    (["content-length: -5"], b"hello" + MARK), (["content-length: 0x5"], b"hello" + MARK),
    (["content-length: 5 5"], b"hello"), (["content-length:"], b"hello"),
    (["content-length: 18446744073709551616"], b"hello"),
    (["content-length: 99999999999999999999999999"], b"hello"),
    (["transfer-encoding: gzip, chunked"], b"0\r\n\r\n"),
    (["transfer-encoding: chunked, gzip"], b"0\r\n\r\n"),
    (["transfer-encoding: chunked", "transfer-encoding: chunked"], b"0\r\n\r\n" + MARK),
    (["transfer-encoding: xchunked"], b"0\r\n\r\n"),
    (["transfer-encoding : chunked"], b"0\r\n\r\n" + MARK),
    (["transfer-encoding:\x0bchunked"], b"0\r\n\r\n"),
    (["transfer-encoding: chunked\x00"], b"0\r\n\r\n"),
    (["x-a: b", " folded: c"], b""), (["x a: b"], b""), (["x-a\t: b"], b""), ([": b"], b""),
    (["x-a"], b""),
    (["x-a: b\x00c"], b""), (["x-a: b\x0bc\x7f"], b""), (["x(a): b"], b""), (["host: other"], b""),
    (["x-a: b\nx-c: d"], b""), (["x-a: b\rx-c: d"], b"")])
def test_heads_that_are_ambiguous(gateway, bucket, extra, body):
    with Connection(gateway) as connection:
        headers = Signature(gateway, "PUT", f"/{bucket}/k", {}).headers
        connection.send(head(gateway, "PUT", f"/{bucket}/k", headers, extra) + body)
        answer = connection.answer()
        assert answer.status in (400, 411, 501, 403), answer
        assert answer.status != 403 or "length" not in "".join(extra)
        if answer.status != 403:
            assert not answer.keeps_alive
            assert connection.silent(), "what stands behind it is no request"
    assert call(gateway, "GET", f"/{bucket}/k").status == 404


@pytest.mark.parametrize("line, status", [
    ("GET / HTTP/1.1 ", 400), ("GET  / HTTP/1.1", 400), ("GET / HTTP/1.2", 505),
    ("GET / HTTP/2.0", 505),
    ("GET / HTTP/11", 400), ("GET / http/1.1", 400), ("GET /", 400), ("GET", 400), ("", 400),
    ("G\x01T / HTTP/1.1", 400), ("GET /\x01 HTTP/1.1", 400), ("GET /\x7f HTTP/1.1", 400),
    ("GET /a b HTTP/1.1", 400), ("GET nothing HTTP/1.1", 400), ("GET http://other/ HTTP/1.1", 400),
    ("CONNECT a:443 HTTP/1.1", 400), ("GET * HTTP/1.1", 400),
    ("GET /" + "a" * 20_000 + " HTTP/1.1", 414),
    (" GET / HTTP/1.1", 400)])
def test_request_lines_that_are_refused(gateway, line, status):
    with Connection(gateway) as connection:
        connection.send(line.encode("latin-1") + b"\r\nhost: x\r\n\r\n")
        if line == "":
            # One empty line before a request is let be, RFC 9112 section 2.2.
            connection.send(b"\r\n")
        answer = connection.answer()
        assert answer.status in (status, 405, 403, 501), answer
        assert answer.headers["content-type"] == "application/xml" and answer.code


@pytest.mark.parametrize("hosts", [[], ["a", "b"], ["user@host"], ["a/b"], ["a b"], [""],
                                   ["a:99999999"],
                                   ["[::1"], ["bucket.localhost:x"]])
def test_hosts_that_are_refused(gateway, hosts):
    with Connection(gateway) as connection:
        connection.send(head(gateway, "GET", "/", {}, [f"host: {host}" for host in hosts]))
        answer = connection.answer()
        # A host of an odd form is signed or it isn't; none, two and userinfo are never right.
        assert answer.status == 400 or answer.status == 403 and hosts[0][:1] in ("", "a", "[", "b")


@pytest.mark.parametrize("body", [
    b"zz\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n",
    b"5 \r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloXX0\r\n\r\n",
    b"5\nhello\n0\n\n",
    b"FFFFFFFFFFFFFFFFF\r\nhello", b"FFFFFFFFFFFFFFFF\r\nhello", b"\r\nhello\r\n0\r\n\r\n",
    b"5;" + b"x" * 5000 + b"\r\nhello\r\n0\r\n\r\n",
    b"".join(b"1;a=" + b"b" * 900 + b"\r\nx\r\n" for _ in range(60)) + b"0\r\n\r\n",
    b"5\r\nhello\r\n0\r\nbad trailer\r\n\r\n",
    b"5\r\nhello\r\n0\r\n" + b"a: b\r\n" * 100 + b"\r\n"])
def test_chunks_that_are_refused(gateway, bucket, body):
    with Connection(gateway) as connection:
        headers = {"transfer-encoding": "chunked", "x-amz-decoded-content-length": "5",
                   "content-encoding": "aws-chunked", "x-amz-trailer": "x-amz-checksum-crc32"}
        headers = Signature(gateway, "PUT", f"/{bucket}/k", headers, UNSIGNED_TRAILER).headers
        connection.send(head(gateway, "PUT", f"/{bucket}/k", headers) + body)
        answer = connection.answer()
        assert 400 <= answer.status < 500 and not answer.keeps_alive, answer
    assert call(gateway, "GET", f"/{bucket}/k").status == 404


# aws-chunked inside a body that HTTP itself finds nothing wrong with.

def aws_chunked(gateway, bucket, body, mode=UNSIGNED_TRAILER, declared="5",
                trailer="x-amz-checksum-crc32"):
    headers = {"content-length": str(len(body)), "content-encoding": "aws-chunked"}
    if declared is not None:
        headers["x-amz-decoded-content-length"] = declared
    if trailer and mode == UNSIGNED_TRAILER:
        headers["x-amz-trailer"] = trailer
    with Connection(gateway) as connection:
        signature = Signature(gateway, "PUT", f"/{bucket}/k", headers, mode)
        connection.begin("PUT", f"/{bucket}/k", signature.headers, body)
        return connection.answer()


TRAILER = b"x-amz-checksum-crc32:" + crc32(b"hello").encode() + b"\r\n\r\n"


@pytest.mark.parametrize("body", [
    b"", b"hello", b"5\r\nhello\r\n", b"5\r\nhello\r\n0\r\n", b"5\r\nhello\r\n0\r\n\r\n",
    b"zz\r\nhello\r\n0\r\n" + TRAILER, b"+5\r\nhello\r\n0\r\n" + TRAILER,
    b"FFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n" + TRAILER, b"5\r\nhelloXX0\r\n" + TRAILER,
    b"5;" + b"x" * 5000 + b"\r\nhello\r\n0\r\n" + TRAILER,
    b"5\r\nhello\r\n0\r\n" + TRAILER + b"junk",
    b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32c:" + crc32(b"hello").encode() + b"\r\n\r\n",
    b"5\r\nhello\r\n0\r\n" + TRAILER[:-2] + TRAILER,
    b"5\r\nhello\r\n0\r\n" + b"a:b\r\n" * 200 + b"\r\n",
    b"1\r\nh\r\n" * 5 + b"0\r\n" + TRAILER, b"5\r\nhello\r\n0\r\nno colon\r\n\r\n"])
def test_aws_chunks_that_are_refused(gateway, bucket, body):
    answer = aws_chunked(gateway, bucket, body)
    assert 400 <= answer.status < 500 and answer.code, answer
    assert call(gateway, "GET", f"/{bucket}/k").status == 404


@pytest.mark.parametrize("declared, status, code", [
    (None, 411, "MissingContentLength"), ("-1", 400, "InvalidArgument"),
    ("x", 400, "InvalidArgument"),
    ("", 400, "InvalidArgument"), ("99999999999999999999999", 400, "InvalidArgument"),
    ("18446744073709551615", 400, "EntityTooLarge"), ("5368709121", 400, "EntityTooLarge")])
def test_decoded_lengths_that_are_refused(gateway, bucket, declared, status, code):
    answer = aws_chunked(gateway, bucket, b"5\r\nhello\r\n0\r\n" + TRAILER, declared=declared)
    assert (answer.status, answer.code) == (status, code), answer


@pytest.mark.parametrize("payload, code", [
    ("abc", "InvalidArgument"), ("STREAMING-NEW-THING", "InvalidArgument"), ("", "InvalidArgument"),
    ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "NotImplemented"), ("0" * 63, "InvalidArgument")])
def test_payload_modes_that_are_refused(gateway, bucket, payload, code):
    with Connection(gateway) as connection:
        signature = Signature(gateway, "PUT", f"/{bucket}/k", {"content-length": "1"}, payload)
        connection.begin("PUT", f"/{bucket}/k", signature.headers, b"x")
        assert connection.answer().code == code


def test_no_length_at_all(gateway, bucket):
    with Connection(gateway) as connection:
        headers = Signature(gateway, "PUT", f"/{bucket}/k",
                            {"transfer-encoding": "chunked"}).headers
        connection.send(head(gateway, "PUT", f"/{bucket}/k", headers) + b"1\r\nx\r\n0\r\n\r\n")
        answer = connection.answer()
        assert (answer.status, answer.code) == (411, "MissingContentLength")


# Numbers, dates, queries.

@pytest.mark.parametrize("target", [
    "?max-keys=99999999999999999999999", "?max-keys=1e3", "?max-keys=%2b1", "?max-keys=1%00",
    "?uploads&max-uploads=-9223372036854775809", "/k?partNumber=99999999999999999999",
    "/k?partNumber=1&uploadId=x&partNumber=2", "/k?uploadId=x&max-parts=x",
    "?prefix=%ff", "?prefix=%", "?list-type=3&list-type=2", "?%zz=1", "/%80", "/a%c0%af"])
def test_queries_that_are_refused(gateway, bucket, target):
    answer = call(gateway, "GET", f"/{bucket}{target}")
    assert 400 <= answer.status < 500 and answer.code, answer


@pytest.mark.parametrize("query", ["&&&", "=", "=x", "?", "a=b=c&x=1", "prefix=&prefix=",
                                   "prefix=a%00b"])
def test_queries_that_are_odd(gateway, bucket, query):
    assert call(gateway, "GET", f"/{bucket}?{query}").status in (200, 400, 501)


@pytest.mark.parametrize("header, value", [
    ("range", "bytes=" + "0-1," * 2000 + "5-6"), ("range", "bytes=18446744073709551616-"),
    ("range", "bytes=-18446744073709551616"),
    ("range", "bytes=9223372036854775807-9223372036854775808"),
    ("if-modified-since", "Thu, 99 Jan 99999 99:99:99 GMT"), ("if-unmodified-since", "-1"),
    ("if-match", '"' * 5000), ("if-none-match", "," * 5000), ("expect", "200-ok"),
    ("x-amz-checksum-mode", "x"), ("accept-encoding", "gzip;q=nonsense")])
def test_read_headers_that_are_odd(gateway, bucket, header, value):
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"data")
    for method in ("GET", "HEAD"):
        answer = call(gateway, method, f"/{bucket}/k", {header: value})
        assert answer.status in (200, 206, 304, 400, 412, 416, 417), answer


@pytest.mark.parametrize("date", ["20200101T000000Z", "99991231T235959Z", "20260230T000000Z", "x",
                                  "",
                                  "2026-01-01", "20261301T000000Z", "00000000T000000Z"])
def test_dates_that_are_refused(gateway, bucket, date):
    headers = Signature(gateway, "GET", f"/{bucket}", {}, EMPTY).headers
    headers["x-amz-date"] = date
    with Connection(gateway) as connection:
        connection.begin("GET", f"/{bucket}", headers)
        answer = connection.answer()
        assert answer.status in (400, 403), answer


@pytest.mark.parametrize("change", [
    ("X-Amz-Expires=", "X-Amz-Expires=-1&Z="),
    ("X-Amz-Expires=", "X-Amz-Expires=99999999999999999999&Z="),
    ("X-Amz-Date=", "X-Amz-Date=x&Z="), ("X-Amz-Credential=", "X-Amz-Credential=a/b&Z="),
    ("X-Amz-Credential=", "X-Amz-Credential=" + "a/" * 500 + "&Z="),
    ("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="),
    ("X-Amz-Signature=", "X-Amz-Signature=zz&Z="),
    ("X-Amz-Signature=", "X-Amz-Signature=0&X-Amz-Signature="),
    ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=MD5")])
def test_presigned_queries_that_are_refused(gateway, bucket, change):
    url = gateway.s3().generate_presigned_url("get_object", {"Bucket": bucket, "Key": "k"})
    assert change[0] in url
    with gateway.http() as client:
        answer = client.get(url.replace(*change))
        assert answer.status_code in (400, 403), answer.text


# XML.

LAUGHS = ('<!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{10 * f"&{inner};"}">' for name, inner in zip("bcdefghij", "abcdefghi"))
    + "]>").encode()


@pytest.mark.parametrize("body", [
    LAUGHS + b"<Delete><Object><Key>&j;</Key></Object></Delete>",
    b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b'<Delete><Object><Key>&x;</Key></Object></Delete>',
    b"<a>" * 100_000, b"<Delete>" + b"<Object>" * 20 + b"</Object>" * 20 + b"</Delete>",
    b"<Delete><Object><Key>&#0;</Key></Object></Delete>",
    b"<Delete><Object><Key>&#xd800;</Key></Object></Delete>",
    b"<Delete><Object><Key>&undefined;</Key></Object></Delete>",
    b"<Delete><Object><Key>\xff</Key></Object></Delete>",
    "<?xml version='1.0' encoding='UTF-16'?><Delete/>".encode("utf-16"), b"<Delete attribute='<'/>",
    b"<Delete><!-- -- --></Delete>", b"<Delete><![CDATA[", b"\0" * 100,
    b"<Delete><Object><Key>" + b"k" * 3000 + b"</Key></Object></Delete>"])
def test_documents_that_are_refused(gateway, bucket, body):
    answer = call(gateway, "POST", f"/{bucket}?delete", {"content-md5": md5(body)}, body)
    assert answer.status == 400 or b"KeyTooLong" in answer.body, answer
    assert b"root:" not in answer.body
    for target in (f"/{bucket}/k?uploadId=x", "/new-bucket-of-bad-xml"):
        answer = call(gateway, "POST" if "?" in target else "PUT", target, {}, body)
        assert answer.status in (400, 404), answer


def test_a_document_over_the_limit(gateway, bucket):
    body = b"<Delete>" + b" " * (2 << 20) + b"</Delete>"
    answer = call(gateway, "POST", f"/{bucket}?delete", {"content-md5": md5(body)}, body)
    assert answer.status == 400 and answer.code in ("EntityTooLarge", "MaxMessageLengthExceeded",
                                                    "MalformedXML")


# HTTP/2.

class Frames:
    """An HTTP/2 client that checks nothing of what it sends."""

    def __init__(self, gateway):
        self.connection = Connection(gateway, protocols=["h2"])
        self.machine = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, validate_outbound_headers=False, normalize_outbound_headers=False,
            validate_inbound_headers=False))
        self.machine.initiate_connection()
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.socket.close()

    def flush(self, data=b""):
        self.connection.send(self.machine.data_to_send() + data)

    def outcome(self):
        """The status of the answer, or how the stream or the connection ended."""
        while True:
            if not self.connection.buffer and not self.connection.more():
                return "closed"
            data, self.connection.buffer = self.connection.buffer, b""
            for event in self.machine.receive_data(data):
                if isinstance(event, h2.events.ResponseReceived):
                    return int(dict(event.headers)[b":status"])
                if isinstance(event, h2.events.StreamReset):
                    return "reset"
                if isinstance(event, h2.events.ConnectionTerminated):
                    return "closed"
            self.flush()


GOOD = [(":method", "GET"), (":scheme", "https"), (":authority", "x"), (":path", "/")]


@pytest.mark.parametrize("fields", [
    GOOD + [("host", "other")], [f for f in GOOD if f[0] != ":path"],
    [f for f in GOOD if f[0] != ":method"],
    GOOD + [(":path", "/again")], GOOD + [(":other", "x")], [("a", "b"), *GOOD],
    GOOD + [("Upper", "x")],
    GOOD + [("connection", "close")], GOOD + [("transfer-encoding", "chunked")],
    GOOD + [("a", "b\r\nc: d")],
    GOOD + [("a b", "c")], GOOD + [("a", "b\0c")], GOOD + [("te", "gzip")],
    GOOD + [("content-length", "x")],
    GOOD + [("content-length", "5"), ("content-length", "6")],
    GOOD[:3] + [(":path", "")], GOOD[:3] + [(":path", "nothing")],
    GOOD[:3] + [(":path", "http://x/")],
    GOOD[:2] + [(":authority", "user@x"), GOOD[3]], GOOD[:3] + [(":path", "/\x01")],
    [("keep-alive", "1"), *GOOD],
    GOOD + [("proxy-connection", "x")], GOOD + [("upgrade", "h2c")]])
def test_http2_heads_that_are_refused(gateway, fields):
    with Frames(gateway) as frames:
        frames.machine.send_headers(1, fields, end_stream=True)
        frames.flush()
        assert frames.outcome() in (400, "reset", "closed")


@pytest.mark.parametrize("declared, sent", [(10, 5), (5, 10), (0, 5), (300_000, 299_999)])
def test_http2_bodies_of_another_length(gateway, bucket, declared, sent):
    target = f"/{bucket}/k"
    headers = Signature(gateway, "PUT", target, {"content-length": str(declared)}).headers
    host = headers.pop("host")
    with Frames(gateway) as frames:
        frames.machine.send_headers(1, [(":method", "PUT"), (":scheme", "https"),
                                        (":authority", host),
                                        (":path", target), *headers.items()])
        data = b"x" * sent
        frames.flush()
        # Past the machine, which would count.
        raw = b""
        while data:
            piece, data = data[:16_000], data[16_000:]
            flags = b"\0" if data else b"\1"
            raw += len(piece).to_bytes(3, "big") + b"\0" + flags + b"\0\0\0\1" + piece
        frames.flush(raw[:60_000] if sent < 60_000 else raw)
        assert frames.outcome() in (400, "reset", "closed")
    assert call(gateway, "GET", target).status == 404


@pytest.mark.parametrize("frame", [
    b"\xff\xff\xff\0\0\0\0\0\1", b"\0\0\4\x03\0\0\0\0\0\0\0\0\0", b"\0\0\0\0\0\0\0\0\1",
    b"\0\0\5\x06\0\0\0\0\0hello", b"\0\0\1\x04\0\0\0\0\0x", b"\0\0\4\x08\0\0\0\0\0\0\0\0\0",
    b"\0\0\0\x05\4\0\0\0\1", b"\0\0\3\x01\5\0\0\0\1\xff\xff\xff", b"\0\0\0\x09\4\0\0\0\1",
    b"\0\0\1\x01\0\0\0\0\1\x82" + b"\0\0\1\x09\0\0\0\0\1\x87" * 50],
    ids=["long", "reset-0", "data-idle", "ping-5", "settings-1", "window-0", "push", "hpack",
         "continuation-alone", "continuation-flood"])
def test_http2_frames_that_break_the_rules(gateway, frame):
    with Frames(gateway) as frames:
        frames.flush(frame)
        frames.machine.send_headers(3, [*GOOD[:3], (":path", "/x")], end_stream=True)
        frames.flush()
        assert frames.outcome() == "closed"


# Chance.

@pytest.mark.parametrize("seed", range(4))
def test_mutated_requests(gateway, bucket, seed):
    chance = random.Random(seed)
    answered = 0
    for _ in range(60):
        mode = chance.choice(["UNSIGNED-PAYLOAD", SIGNED])
        headers = Signature(gateway, "PUT", f"/{bucket}/fuzz", {
            "content-length": "5", "x-amz-decoded-content-length": "5", "x-amz-meta-a": "b"},
            mode).headers
        text = bytearray(head(gateway, "PUT", f"/{bucket}/fuzz?x-id=1", headers) + b"hello")
        for _ in range(chance.randint(1, 6)):
            kind, at = chance.randrange(4), chance.randrange(len(text))
            if kind == 0:
                text[at] = chance.randrange(256)
            elif kind == 1:
                del text[at:at + chance.randint(1, 20)]
            elif kind == 2:
                text[at:at] = bytes(chance.randrange(256) for _ in range(chance.randint(1, 20)))
            else:
                text[at:at] = text[chance.randrange(len(text)):][:chance.randint(1, 60)]
        with Connection(gateway, timeout=10) as connection:
            connection.send(bytes(text) + b"\r\n\r\n")
            try:
                connection.socket.settimeout(0.2)
                answer = connection.answer()
            except (TimeoutError, AssertionError, KeyError, ssl.SSLError):
                continue
            answered += 1
            assert answer.status < 500 or answer.status in (501, 505), answer
    assert answered > 30
    assert call(gateway, "GET", f"/{bucket}/fuzz").status == 404
