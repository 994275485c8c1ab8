"""TLS, HTTP/2 and HTTP/1.1 as the network meets them: good clients, slow ones and broken ones."""

import asyncio
import concurrent.futures
import contextlib
import os
import pathlib
import random
import signal
import socket
import ssl
import subprocess
import time

import httpx
import pytest

from deployment import Deployment
from wire import EMPTY, Connection, Signature, call, element, settings

CURL_FORMAT = "\n%{http_code} %{http_version} %{num_connects}\n"


def curl(gateway, *arguments):
    return gateway.run(
        "curl", "-sS", "--cacert", gateway.ca, "--aws-sigv4", f"aws:amz:{gateway.region}:s3",
        "--user", f"{gateway.access_key}:{gateway.secret_key}",
        "-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "-w", CURL_FORMAT, *arguments).stdout


def address(gateway):
    host, port = gateway.endpoint.split("//")[1].split(":")
    return host, int(port)


@contextlib.contextmanager
def deployed(scratch, name, **sections):
    """A deployment with settings of its own and the credential KEY."""
    state = scratch / f"{name}-{os.urandom(3).hex()}"
    config = settings(state, credentials=[
        {"id": "dev", "access_key_id": "KEY", "secret_access_key": "secret", "admin": True}],
        **sections)
    with Deployment(state, ["--config", config]) as deployment:
        deployment.info["access_key"], deployment.info["secret_key"] = "KEY", "secret"
        yield deployment


# Both versions of HTTP.

@pytest.mark.parametrize("version", ["2", "1.1"])
@pytest.mark.parametrize("size", [0, 1000, (5 << 20) + 3])
def test_curl_up_and_down(gateway, bucket, tmp_path, version, size):
    (tmp_path / "up").write_bytes(os.urandom(size))
    url = f"{gateway.endpoint}/{bucket}/k"
    answer = curl(gateway, f"--http{version}", "-T", tmp_path / "up", url)
    assert answer.split()[-3:] == ["200", version, "1"], answer
    answer = curl(gateway, f"--http{version}", "-o", tmp_path / "down", url, url, "-o",
                  tmp_path / "again")
    assert answer.split() == ["200", version, "1", "200", version, "0"]
    assert (tmp_path / "down").read_bytes() == (tmp_path / "up").read_bytes()


def test_a_client_without_alpn_gets_http_1(gateway, bucket):
    with Connection(gateway, protocols=None) as connection:
        assert connection.socket.selected_alpn_protocol() is None
        assert connection.request("GET", f"/{bucket}").status == 200
    with Connection(gateway, protocols=["h2", "http/1.1"]) as connection:
        assert connection.socket.selected_alpn_protocol() == "h2"


def presigned(gateway, bucket, operation="get_object"):
    return gateway.s3().generate_presigned_url(operation, {"Bucket": bucket, "Key": "k"})


def test_two_hundred_requests_over_one_http2_connection(gateway, bucket):
    data = os.urandom(20_000)
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=data)
    url = presigned(gateway, bucket)
    answer = gateway.run("h2load", "-n", "200", "-c", "1", "-m", "100", url).stdout
    assert "200 succeeded, 0 failed, 0 errored, 0 timeout" in answer, answer
    assert "status codes: 200 2xx" in answer
    answer = gateway.run("nghttp", "-nv", "--no-verify-peer", url).stdout
    assert ":status: 200" in answer and "END_STREAM" in answer



def test_uploads_and_downloads_side_by_side_on_one_connection(gateway, bucket):
    data = os.urandom(20_000)

    async def many():
        async with httpx.AsyncClient(
                verify=ssl.create_default_context(cafile=gateway.ca), http2=True, timeout=60,
                limits=httpx.Limits(max_connections=1)) as client:
            put = [client.put(gateway.s3().generate_presigned_url(
                "put_object", {"Bucket": bucket, "Key": f"n{n}"}), content=data + bytes([n]))
                for n in range(200)]
            assert {a.status_code for a in await asyncio.gather(*put)} == {200}
            got = await asyncio.gather(*(client.get(gateway.s3().generate_presigned_url(
                "get_object", {"Bucket": bucket, "Key": f"n{n}"})) for n in range(200)))
            assert [a.content for a in got] == [data + bytes([n]) for n in range(200)]
            assert {a.http_version for a in got} == {"HTTP/2"}

    asyncio.run(many())


def test_many_connections_at_once(gateway, bucket):
    def turn(number):
        with Connection(gateway) as connection:
            body = bytes([number]) * (number * 3000)
            for _ in range(3):
                assert connection.request("PUT", f"/{bucket}/{number}", {}, body).status == 200
                assert connection.request("GET", f"/{bucket}/{number}").body == body

    with concurrent.futures.ThreadPoolExecutor(24) as pool:
        list(pool.map(turn, range(48)))


def test_pipelined_requests_are_answered_in_order(gateway, bucket):
    with Connection(gateway) as connection:
        text = b""
        for number in range(10):
            signature = Signature(gateway, "GET", f"/{bucket}/n{number}", {}, EMPTY)
            lines = "".join(f"{n}: {v}\r\n" for n, v in signature.headers.items())
            text += f"GET /{bucket}/n{number} HTTP/1.1\r\n{lines}\r\n".encode()
        connection.send(text)
        assert [element(connection.answer().body, "Key") for _ in range(10)] == [
            f"n{number}" for number in range(10)]


def test_http_1_0_and_connection_close(gateway, bucket):
    gateway.s3().put_object(Bucket=bucket, Key="k", Body=b"data")
    for first, extra in (("HTTP/1.0", {}), ("HTTP/1.1", {"connection": "close"})):
        with Connection(gateway) as connection:
            headers = {**Signature(gateway, "GET", f"/{bucket}/k", {}, EMPTY).headers, **extra}
            lines = "".join(f"{n}: {v}\r\n" for n, v in headers.items())
            connection.send(f"GET /{bucket}/k {first}\r\n{lines}\r\n".encode())
            answer = connection.answer()
            assert answer.body == b"data" and not answer.keeps_alive
            assert connection.closed()


# TLS.

def s_client(gateway, *options):
    host, port = address(gateway)
    result = subprocess.run(
        ["openssl", "s_client", "-connect", f"{host}:{port}", "-CAfile", gateway.ca, "-brief",
         *options],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
    return result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize("options, accepted", [
    (["-tls1_3"], True), (["-tls1_2"], True),
    (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], False),
    (["-tls1", "-cipher", "ALL:@SECLEVEL=0"], False),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], True),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], True),
    (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA"],
     False),
    (["-tls1_2", "-cipher", "AES128-GCM-SHA256:AES128-SHA:DHE-RSA-AES128-GCM-SHA256"], False),
    (["-tls1_2", "-cipher", "ALL:!aNULL:!AESGCM:!CHACHA20:@SECLEVEL=0"], False),
    (["-tls1_2", "-cipher", "eNULL:aNULL:@SECLEVEL=0"], False)])
def test_versions_and_cipher_suites(gateway, options, accepted):
    code, text = s_client(gateway, *options)
    assert ("CONNECTION ESTABLISHED" in text) == accepted, text
    assert (code == 0) == accepted
    if accepted:
        assert "Verification: OK" in text
        assert "GCM" in text or "CHACHA20" in text


def accelerates():
    """Whether this processor has what the accelerated AES-GCM is for."""
    flags = set(pathlib.Path("/proc/cpuinfo").read_text().split())
    return {"vaes", "vpclmulqdq", "avx2"} <= flags


@pytest.mark.parametrize("accelerator", ["auto", "off"])
def test_accelerated_and_stock_ciphers_read_each_other(scratch, accelerator):
    """What one seals the other opens, over TLS of both versions and whoever makes records."""
    state = scratch / f"accelerator-{accelerator}"
    other = {"auto": "off", "off": "auto"}[accelerator]
    body = random.Random(accelerator).randbytes(300_000)
    with Deployment(state, environment={"SEALGATE_CRYPTO_ACCELERATOR": accelerator}) as gateway:
        is_on = "AES-GCM by BoringSSL" in gateway.log()
        assert is_on == (accelerator == "auto" and accelerates())
        if accelerator == "off":
            assert "OpenSSL (crypto.accelerator off)" in gateway.log()
        gateway.s3().create_bucket(Bucket=f"by-{accelerator}")
        gateway.s3().put_object(Bucket=f"by-{accelerator}", Key="k", Body=body)
    with Deployment(state, environment={"SEALGATE_CRYPTO_ACCELERATOR": other}) as gateway:
        for version in ["1.2", "1.3"]:
            for suite in ["AES256", "AES128"]:
                before = take_overs(gateway)
                url = gateway.presigned("GET", f"/by-{accelerator}/k")
                answer = subprocess.run(
                    ["curl", "--silent", "--fail", "--cacert", gateway.ca, f"--tlsv{version}",
                     "--tls-max", version, "--ciphers", f"ECDHE-ECDSA-{suite}-GCM-SHA"
                     + {"AES256": "384", "AES128": "256"}[suite], "--tls13-ciphers",
                     {"AES256": "TLS_AES_256_GCM_SHA384",
                      "AES128": "TLS_AES_128_GCM_SHA256"}[suite], url],
                    capture_output=True, timeout=60, check=True)
                assert answer.stdout == body
                # Two connections where records are Sealgate's own: curl's, and for the metrics.
                if other == "off":
                    assert take_overs(gateway) == 0
                else:
                    assert take_overs(gateway) - before == {"1.2": 1, "1.3": 2}[version]


def take_overs(gateway):
    return gateway.metrics()["sealgate_tls_record_takeovers_total"]


def test_no_renegotiation_and_no_compression(gateway):
    host, port = address(gateway)
    result = subprocess.run(
        ["openssl", "s_client", "-connect", f"{host}:{port}", "-tls1_2"], input="R\n",
        capture_output=True, text=True, timeout=20)
    text = result.stdout + result.stderr
    assert "Compression: NONE" in text
    assert "renegotiation" in text.lower() and "verify return:1\nDONE" not in text


@pytest.mark.parametrize("protocol", ["--http1.1", "--http2"])
@pytest.mark.parametrize("size", [100, 8 << 20])
def test_curl_reads_an_answer_that_comes_before_the_end_of_its_body(
        gateway, tmp_path, protocol, size):
    (tmp_path / "up").write_bytes(os.urandom(size))
    url = gateway.presigned("PUT", "/no-such-bucket/k")
    said = gateway.run("curl", "--silent", protocol, "--cacert", gateway.ca, "--write-out",
                       "%{http_code}", "--upload-file", tmp_path / "up", url).stdout
    assert "<Code>NoSuchBucket</Code>" in said and said.endswith("404")


@pytest.mark.parametrize("data", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\xff\xff",
    b"\0" * 1000, os.urandom(5000)], ids=["http1", "http2", "torn record", "zeros", "noise"])
def test_what_is_no_tls_is_turned_away(gateway, bucket, data):
    with socket.create_connection(address(gateway), timeout=20) as plain:
        plain.sendall(data)
        if data.startswith(b"\x16"):
            plain.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := plain.recv(4096):
                answer += piece
        except ConnectionResetError:
            pass
        assert not answer or answer[0] == 0x15, "an alert at most"
    assert call(gateway, "GET", f"/{bucket}").status == 200


# The certificate.

def certificate(folder, name, authority=None, days=30):
    """A certificate for the loopback address, of its own or of an authority."""
    key, crt = folder / f"{name}.key", folder / f"{name}.crt"
    run = lambda *c: subprocess.run(c, check=True, capture_output=True)
    if authority is None:
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes",
            "-days", str(days), "-subj", f"/CN={name}", "-keyout", key, "-out", crt,
            "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
    else:
        csr = folder / f"{name}.csr"
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", f"/CN={name}", "-keyout", key, "-out", csr)
        run("openssl", "x509", "-req", "-in", csr, "-CA", f"{authority}.crt", "-CAkey",
            f"{authority}.key", "-CAcreateserial", "-days", str(days), "-out", crt)
    key.chmod(0o600)
    return crt, key


def test_a_new_certificate_is_taken_without_a_break(own_gateway, tmp_path):
    gateway = own_gateway
    tls = pathlib.Path(gateway.ca).parent
    gateway.s3().create_bucket(Bucket="bucket")
    old_key = (tls / "server.key").read_bytes()

    def shown():
        return ssl.get_server_certificate(address(gateway))

    def reload(wanted, what):
        lines = len(gateway.log())
        os.kill(gateway.gateway_pid, signal.SIGHUP)
        deadline = time.monotonic() + 10
        while what not in gateway.log()[lines:]:
            assert time.monotonic() < deadline, gateway.log()[lines:]
            time.sleep(0.01)
        assert shown().strip() in wanted.read_text()

    old = tmp_path / "old.crt"
    old.write_bytes((tls / "server.crt").read_bytes())
    new, key = certificate(tmp_path, "new")
    with Connection(gateway) as connection:
        assert connection.request("GET", "/bucket").status == 200
        (tls / "server.crt").write_bytes(new.read_bytes())
        (tls / "server.key").write_bytes(key.read_bytes())
        reload(new, "certificate read anew")
        assert connection.request("GET", "/bucket").status == 200, "the old connection goes on"
        # A certificate that doesn't fit its key, no certificate, an empty one: the last one stays.
        for text, words in ((old.read_bytes(), "kept"), (b"nonsense", "kept"), (b"", "kept")):
            (tls / "server.crt").write_bytes(text)
            reload(new, words)
        (tls / "server.crt").write_bytes(old.read_bytes())
        (tls / "server.key").write_bytes(old_key)
        (tls / "server.key").chmod(0o644)
        reload(new, "chmod")
        (tls / "server.key").chmod(0o600)
        reload(old, "certificate read anew")
        assert connection.request("GET", "/bucket").status == 200
    assert call(gateway, "GET", "/bucket").status == 200


@pytest.mark.parametrize("asked", ["required", "optional"])
def test_client_certificates(scratch, tmp_path, asked):
    certificate(tmp_path, "authority")
    good = certificate(tmp_path, "client", tmp_path / "authority")
    bad = certificate(tmp_path, "stranger")
    with deployed(scratch, "mutual", tls={"client_ca_file": str(tmp_path / "authority.crt"),
                                          "client_certificate": asked}) as gateway:
        def status(pair):
            try:
                with Connection(gateway, certificate=pair) as connection:
                    return connection.request("GET", "/").status
            except (ssl.SSLError, ConnectionError, AssertionError):
                return None

        assert status(good) == 200
        assert status(bad) is None
        assert status(None) == (None if asked == "required" else 200)


# Expect: 100-continue.

def expect(gateway, connection, target, size, headers=None, **signing):
    headers = {"expect": "100-continue", "content-length": str(size), **(headers or {})}
    signature = Signature(gateway, "PUT", target, headers, **signing)
    connection.begin("PUT", target, signature.headers)
    return connection.answer(interim=True)


def test_100_comes_when_everything_else_is_decided(gateway, bucket):
    data = os.urandom(100_000)
    with Connection(gateway) as connection:
        for _ in range(2):
            assert expect(gateway, connection, f"/{bucket}/k", len(data)).status == 100
            connection.send(data)
            assert connection.answer().status == 200
        assert connection.request("GET", f"/{bucket}/k").body == data


@pytest.mark.parametrize("target, headers, signing, code", [
    ("/{bucket}/k", {}, {"secret_key": "wrong"}, "SignatureDoesNotMatch"),
    ("/no-such-bucket-here/k", {}, {}, "NoSuchBucket"),
    ("/{bucket}/k", {"x-amz-server-side-encryption": "rot13"}, {}, "InvalidArgument"),
    ("/{bucket}/k", {"x-amz-server-side-encryption": "aws:kms",
                     "x-amz-server-side-encryption-aws-kms-key-id": "absent"}, {}, "NotFound"),
    ("/{bucket}/k", {"x-amz-server-side-encryption-customer-algorithm": "AES256"}, {},
     "InvalidArgument"),
    ("/{bucket}/k", {"content-length": str(6 << 30)}, {}, "EntityTooLarge"),
    ("/{bucket}/k", {"content-md5": "x"}, {}, "InvalidDigest"),
    ("/{bucket}/k", {"if-match": '"x"'}, {}, "NoSuchKey"),
    ("/{bucket}/k?partNumber=1&uploadId=gone", {}, {}, "NoSuchUpload")])
def test_a_refusal_comes_instead_of_100(gateway, bucket, target, headers, signing, code):
    with Connection(gateway) as connection:
        answer = expect(gateway, connection, target.format(bucket=bucket), 10 << 20, headers,
                        **signing)
        assert answer.code == code, answer
        # Whether the client still sends its body can't be known: RFC 9110 leaves closing only.
        assert not answer.keeps_alive


def test_a_body_that_does_not_wait_for_100_is_taken(gateway, bucket):
    with Connection(gateway) as connection:
        headers = {"expect": "100-continue", "content-length": "4"}
        connection.begin("PUT", f"/{bucket}/k",
                         Signature(gateway, "PUT", f"/{bucket}/k", headers).headers,
                         b"data")
        assert connection.answer().status == 200
        assert connection.request("GET", f"/{bucket}/k").body == b"data"


# A refused body without Expect.

@pytest.mark.parametrize("size", [100, 60_000, 20 << 20])
def test_the_answer_arrives_while_the_body_is_still_sent(gateway, bucket, size):
    with Connection(gateway) as connection:
        headers = {"content-length": str(size)}
        signature = Signature(gateway, "PUT", "/no-such-bucket-here/k", headers)
        connection.begin("PUT", "/no-such-bucket-here/k", signature.headers, b"x" * size)
        answer = connection.answer()
        assert (answer.status, answer.code) == (404, "NoSuchBucket")
        assert answer.keeps_alive == (size <= 60_000)
        if answer.keeps_alive:
            assert connection.request("GET", f"/{bucket}").status == 200


# Limits.

@pytest.fixture(scope="module")
def tight(scratch):
    """Small limits of time and size."""
    with deployed(scratch, "tight", limits={
        "handshake_timeout": "400ms", "header_timeout": "500ms", "body_idle_timeout": "600ms",
        "keep_alive_timeout": "700ms", "header_bytes": 8192, "header_fields": 40, "connections": 30,
        "streams_per_connection": 10, "http2_resets_max": 20}) as deployment:
        deployment.s3().create_bucket(Bucket="bucket")
        yield deployment


def closes_within(read, low, high):
    start = time.monotonic()
    try:
        while read():
            pass
    except (ConnectionError, ssl.SSLError):
        pass
    took = time.monotonic() - start
    assert low <= took <= high, took


def test_a_handshake_that_does_not_begin(tight):
    with socket.create_connection(address(tight), timeout=20) as plain:
        closes_within(lambda: plain.recv(4096), 0.3, 3)


@pytest.mark.parametrize("sent", [b"", b"GET / HTT", b"GET / HTTP/1.1\r\nhost: x\r\nx-a: "])
def test_a_head_that_does_not_come(tight, sent):
    with Connection(tight) as connection:
        connection.send(sent)
        closes_within(connection.more, 0.4, 3)


def test_a_head_that_drips(tight):
    """A byte now and then doesn't buy more time."""
    with Connection(tight) as connection:
        start = time.monotonic()
        connection.send(b"GET / HTTP/1.1\r\n")
        connection.socket.settimeout(0.05)
        while time.monotonic() - start < 5:
            try:
                connection.socket.sendall(b"x")
                if not connection.socket.recv(100):
                    break
            except (TimeoutError, ssl.SSLWantReadError):
                continue
            except (ConnectionError, ssl.SSLError):
                break
        assert 0.3 < time.monotonic() - start < 3


def test_a_body_that_does_not_come(tight):
    with Connection(tight) as connection:
        signature = Signature(tight, "PUT", "/bucket/slow", {"content-length": "100000"})
        connection.begin("PUT", "/bucket/slow", signature.headers, b"x" * 50_000)
        closes_within(connection.more, 0.4, 4)
    assert call(tight, "GET", "/bucket/slow").status == 404


def test_a_connection_without_requests(tight):
    with Connection(tight) as connection:
        assert connection.request("GET", "/bucket").status == 200
        closes_within(connection.more, 0.4, 3)


@pytest.mark.parametrize("lines, status", [
    (["x-a: " + "v" * 9000], 431), ([f"x-{n}: v" for n in range(50)], 431),
    ([f"x-{n}: v" for n in range(20)], 200), (["x-a: " + "v" * 4000], 200)])
def test_heads_over_the_limits(tight, lines, status):
    with Connection(tight) as connection:
        signature = Signature(tight, "GET", "/bucket", {}, EMPTY)
        head = "".join(f"{n}: {v}\r\n" for n, v in signature.headers.items())
        more = "".join(f"{line}\r\n" for line in lines)
        connection.send(f"GET /bucket HTTP/1.1\r\n{head}{more}\r\n".encode())
        answer = connection.answer()
        assert answer.status == status, answer
        if status == 431:
            assert answer.code == "RequestHeaderSectionTooLarge" and not answer.keeps_alive


def test_http2_heads_over_the_limits(tight):
    """An HPACK bomb: one indexed field, repeated, is small on the wire and large decoded."""
    with tight.http() as client:
        good = presigned(tight, "bucket").replace("/k?", "/absent?")
        assert client.get(good).status_code in (403, 404)
        for headers in ([("x-a", "v" * 300)] * 35, [(f"x-{n}", "v") for n in range(60)]):
            try:
                assert client.get(good, headers=headers).status_code == 431
            except httpx.HTTPError:
                pass
        assert client.get(good).status_code in (403, 404)


def test_connections_over_the_limit_are_closed(tight):
    held = []
    try:
        for _ in range(45):
            held.append(socket.create_connection(address(tight), timeout=5))
        start = time.monotonic()
        refused = 0
        for plain in held[35:]:
            try:
                plain.settimeout(0.2)
                refused += plain.recv(1) == b""
            except ConnectionResetError:
                refused += 1
            except TimeoutError:
                pass
        assert refused >= 8 and time.monotonic() - start < 5
    finally:
        for plain in held:
            plain.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            assert call(tight, "GET", "/bucket").status == 200
            break
        except (ConnectionError, ssl.SSLError):
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_rapid_resets_end_the_connection(tight):
    """CVE-2023-44487: streams opened and reset at once."""
    import h2.config
    import h2.connection
    import h2.events
    with Connection(tight, protocols=["h2"]) as connection:
        machine = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
        machine.initiate_connection()
        fields = [(":method", "GET"), (":scheme", "https"), (":authority", "x"),
                  (":path", "/bucket")]
        for number in range(200):
            stream = machine.get_next_available_stream_id()
            machine.send_headers(stream, fields, end_stream=True)
            machine.reset_stream(stream)
        connection.send(machine.data_to_send())
        connection.socket.settimeout(5)
        ended = False
        while connection.more():
            events = machine.receive_data(connection.buffer)
            connection.buffer = b""
            ended |= any(isinstance(e, h2.events.ConnectionTerminated) for e in events)
        assert ended
    assert call(tight, "GET", "/bucket").status == 200


# Programs.

def test_which_program_links_what(gateway):
    binaries = {name: pathlib.Path(f"/proc/{pid}/exe").resolve() for name, pid in (
        ("gateway", gateway.gateway_pid), ("store", gateway.store_pid))}
    linked = {name: subprocess.run(["ldd", path], capture_output=True, text=True).stdout
              for name, path in binaries.items()}
    for library in ("libssl", "libcrypto", "libnghttp2"):
        assert library in linked["gateway"]
        assert library not in linked["store"]
    assert "not found" not in linked["gateway"] + linked["store"]


def test_the_store_answers_its_own_user_on_its_socket_only(gateway):
    path = pathlib.Path(gateway.store_socket)
    assert path.stat().st_mode & 0o777 == 0o600
    listening = subprocess.run(["ss", "-tlnp"], capture_output=True, text=True).stdout
    assert f"pid={gateway.store_pid}," not in listening
    assert f"pid={gateway.gateway_pid}," in listening
