"""Small requests that share connections to the store: each gets its own answer."""

import asyncio
import hashlib
import os
import signal
import ssl

import httpx
import pytest

from deployment import Deployment, until
from modes import BUCKET_KEY, SSE
from store import Client
from wire import Connection, Signature, call

BUCKET = "store-pipeline"
AHEAD = "sealgate_store_requests_ahead_total"
CAME = "sealgate_store_pipelined_requests_total"
MODES = [{}, {SSE: "aws:kms"}, {SSE: "aws:kms", BUCKET_KEY: "true"}]


@pytest.fixture(scope="module")
def shared(scratch):
    # Each event loop has connections of its own, and knows objects by itself.
    environment = {"SEALGATE_LISTEN_EVENT_LOOPS": "1"}
    with Deployment(scratch / "store-pipeline", environment=environment) as deployment:
        deployment.s3().create_bucket(Bucket=BUCKET)
        yield deployment


def ahead(gateway):
    return gateway.metrics()[AHEAD]


def store_metric(gateway, name):
    with Client(gateway.store_socket) as client:
        text = client.send("GET", "/?sealgate-metrics").body.decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith(name))


def at_once(gateway, requests):
    """The answers to (method, target, headers, body), all begun together on one connection."""
    async def all_of_them():
        async with httpx.AsyncClient(
                verify=ssl.create_default_context(cafile=gateway.ca), http2=True, timeout=60,
                limits=httpx.Limits(max_connections=1)) as client:
            return await asyncio.gather(*(
                client.request(method, gateway.presigned(method, target, headers),
                               headers=headers, content=body)
                for method, target, headers, body in requests))
    return asyncio.run(all_of_them())


def put(number, data):
    return "PUT", f"/{BUCKET}/k{number}", MODES[number % len(MODES)], data


def get(number):
    return "GET", f"/{BUCKET}/k{number}", {}, b""


def test_each_gets_its_own_answer(shared):
    """Bodies of all sizes below and above what is shared, uploads and downloads mixed."""
    sizes = [0, 1, 100, 4096, 33_000, 33_793, 60_000, 65_400, 65_536, 70_000, 200_000]
    data = [os.urandom(sizes[n % len(sizes)]) for n in range(110)]
    before, seen = ahead(shared), store_metric(shared, CAME)
    answers = at_once(shared, [put(n, body) for n, body in enumerate(data)])
    assert {answer.status_code for answer in answers} == {200}
    for n, (answer, body) in enumerate(zip(answers, data)):
        if not MODES[n % len(MODES)]:
            assert answer.headers["etag"] == f'"{hashlib.md5(body).hexdigest()}"'
    assert ahead(shared) > before and store_metric(shared, CAME) > seen
    for _ in range(2):
        # The first time they aren't known.
        before = ahead(shared)
        mixed = [get(n) if n % 3 else put(n, data[n]) for n in range(110)]
        for answer, body, request in zip(at_once(shared, mixed), data, mixed):
            assert answer.status_code == 200
            assert request[0] == "PUT" or answer.content == body
    assert ahead(shared) > before


def test_a_version_named_in_an_answer_is_the_one_that_was_sent(shared):
    bucket = "store-pipeline-versions"
    shared.s3().create_bucket(Bucket=bucket)
    shared.s3().put_bucket_versioning(
        Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    data = [os.urandom(50 + n) for n in range(60)]
    answers = at_once(shared, [("PUT", f"/{bucket}/k", {}, body) for body in data])
    versions = [answer.headers["x-amz-version-id"] for answer in answers]
    assert len(set(versions)) == len(data)
    got = at_once(shared, [("GET", f"/{bucket}/k?versionId={v}", {}, b"") for v in versions])
    assert [answer.content for answer in got] == data


def test_what_was_replaced_is_never_given_for_what_is_there(shared):
    """Known as small, and large by now; or the other way round; or gone."""
    small, large = os.urandom(1000), os.urandom(3 << 20)
    target = f"/{BUCKET}/changing"
    for body in (small, large, small, large, small):
        assert call(shared, "PUT", target, {}, body).status == 200
        for _ in range(2):
            answers = at_once(shared, [("GET", target, {}, b"")] * 5)
            assert all(answer.content == body for answer in answers)
    assert call(shared, "DELETE", target).status == 204
    assert {a.status_code for a in at_once(shared, [("GET", target, {}, b"")] * 5)} == {404}


def test_refusals_among_others(shared):
    """A condition that fails, a bucket that isn't there: only who asked hears of it."""
    at_once(shared, [put(n, b"old") for n in range(3)])
    requests = []
    for n in range(30):
        requests += [
            put(n % 3, b"old"),
            ("PUT", f"/{BUCKET}/k{n % 3}", {"if-none-match": "*"}, b"new"),
            ("PUT", "/store-pipeline-none/k", {}, b"new"),
            ("PUT", f"/{BUCKET}/k", {"content-md5": "AAAAAAAAAAAAAAAAAAAAAA=="}, b"new")]
    statuses = [answer.status_code for answer in at_once(shared, requests)]
    assert statuses == [200, 412, 404, 400] * 30
    assert all(a.content == b"old" for a in at_once(shared, [get(n) for n in range(3)]))


def test_who_leaves_takes_no_other_along(shared):
    data = [os.urandom(500) for _ in range(40)]
    at_once(shared, [put(n, body) for n, body in enumerate(data)])
    at_once(shared, [get(n) for n in range(40)])
    os.kill(shared.store_pid, signal.SIGSTOP)
    try:
        leaving = [Connection(shared) for _ in range(20)]
        staying = [Connection(shared) for _ in range(20)]
        before = ahead(shared)
        for n, connection in enumerate(leaving + staying):
            target = f"/{BUCKET}/k{n}"
            connection.begin("GET", target, Signature(shared, "GET", target, {}).headers)
        until(lambda: ahead(shared) >= before + 30)
        for connection in leaving:
            connection.socket.close()
    finally:
        os.kill(shared.store_pid, signal.SIGCONT)
    for n, connection in enumerate(staying, 20):
        answer = connection.answer()
        assert answer.status == 200 and answer.body == data[n]
        connection.socket.close()


def test_uploads_in_turn_commit_together(shared):
    """What comes over one connection doesn't wait for the one before it to be on the disk."""
    name = "sealgate_store_commits_total"
    os.kill(shared.store_pid, signal.SIGSTOP)
    try:
        uploads = [Connection(shared) for _ in range(16)]
        before = ahead(shared)
        for n, connection in enumerate(uploads):
            target = f"/{BUCKET}/k{n}"
            signed = Signature(shared, "PUT", target, {"content-length": "3"})
            connection.begin("PUT", target, signed.headers, b"abc")
        until(lambda: ahead(shared) >= before + 15)
    finally:
        os.kill(shared.store_pid, signal.SIGCONT)
    commits = store_metric(shared, name)
    for connection in uploads:
        assert connection.answer().status == 200
        connection.socket.close()
    assert store_metric(shared, name) - commits < 16


@pytest.mark.parametrize("whose", ["SEALGATE_LIMITS_STORE_PIPELINE",
                                   "SEALGATE_STORE_LIMITS_PIPELINE"])
def test_nothing_is_sent_ahead_where_either_says_so(scratch, whose):
    with Deployment(scratch / f"store-{whose}", environment={whose: "1"}) as gateway:
        gateway.s3().create_bucket(Bucket=BUCKET)
        for _ in range(2):
            answers = at_once(gateway, [put(n, b"x") for n in range(40)])
            answers += at_once(gateway, [get(n) for n in range(40)])
            assert {answer.status_code for answer in answers} == {200}
        assert ahead(gateway) == store_metric(gateway, CAME) == 0
