"""What /metrics says of the KMS, held against what the server itself recorded; limits that act."""

import concurrent.futures
import re

import pytest

from deployment import until
from test_kms import app_role, code, deploy, get, new_bucket, put, vault
from test_kms_moves import change, kept
from test_kms_rewrap import begin, follow


@pytest.fixture(scope="module")
def gateway(scratch, bao):
    state = scratch / "metrics"
    bao.call("POST", "transit/keys/default", {"derived": True})
    kms = vault(bao, **app_role(bao, state))
    kms.update(kept(state), rewraps_in_flight_max=3, timeout="30s")
    with deploy(state, kms, admin={"health_interval": "60s"}) as gateway:
        yield gateway


def one(gateway, name, **labels):
    inner = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    return gateway.metrics().get(name + (f"{{{inner}}}" if inner else ""), 0)


def grown(gateway, work):
    """By how much counters grew, those alone that did."""
    before = gateway.metrics()
    work()
    return {name: value - before.get(name, 0) for name, value in gateway.metrics().items()
            if value != before.get(name, 0) and re.search("_total|_count", name)}


def calls(grown, outcome="success"):
    found = {}
    for name, count in grown.items():
        match = re.fullmatch(r'sealgate_kms_provider_calls_total\{operation="(\w+)",'
                             rf'outcome="{outcome}",provider="vault"\}}', name)
        if match:
            found[match[1]] = count
    return found


def test_calls_are_counted_as_the_server_counts_them(gateway, bao):
    bucket = new_bucket(gateway)
    put(gateway, bucket, "first")
    mark = bao.audit_mark()
    found = grown(gateway, lambda: [put(gateway, bucket, f"{n}") for n in range(5)])
    assert calls(found)["generate_data_key"] == bao.data_keys("default", mark) == 5
    times = 'sealgate_kms_call_seconds_count{operation="generate_data_key",provider="vault"}'
    assert found[times] == 5
    gateway.admin("POST", "/kms/clear-cache")

    def read():
        for _ in range(3):
            assert get(gateway, bucket, "first") == "first"

    mark = bao.audit_mark()
    found = grown(gateway, read)
    asked = sum(path == "transit/decrypt/default" for path, _ in bao.audited(mark))
    assert calls(found) == {"decrypt": asked} and asked == 1
    assert found["sealgate_kms_cache_misses_total"] >= 1
    hits = sum(found.get(name, 0) for name in (
        "sealgate_kms_cache_hits_total", "sealgate_object_cache_hits_total"))
    assert hits >= 2, found
    # By the log of the times the sum is there too, and no call took longer than all of them.
    sums = gateway.metrics()
    assert 0 < sums['sealgate_kms_call_seconds_sum{operation="decrypt",provider="vault"}'] < 60


def test_outcomes_are_told_apart(gateway, bao):
    bucket = new_bucket(gateway)
    refused = grown(gateway, lambda: code(lambda: put(gateway, bucket, "k", "absent")))
    assert sum(calls(refused, "refused").values()) >= 1, refused
    bao.seal()
    try:
        sealed = grown(gateway, lambda: code(lambda: put(gateway, bucket, "k")))
        # The client tries again, the gateway doesn't.
        assert set(calls(sealed, "sealed")) == {"generate_data_key"}, sealed
        assert one(gateway, "sealgate_kms_up") == 0
    finally:
        bao.unseal()
    put(gateway, bucket, "k")
    assert one(gateway, "sealgate_kms_up") == 1
    assert one(gateway, "sealgate_kms_circuit_state", provider="vault") == 0
    assert one(gateway, "sealgate_kms_token_expires_seconds") > 0
    put(gateway, bucket, "shared", bucket_key=True)
    assert one(gateway, "sealgate_kms_reads_survive_seconds") > 0
    assert one(gateway, "sealgate_kms_cached_keys") > 0


def test_a_rewrap_job_has_as_many_in_hand_as_the_setting_says(gateway, bao):
    for number in range(8):
        put(gateway, new_bucket(gateway), "k", bucket_key=True)
    bao.call("POST", "transit/keys/default/rotate")
    done = one(gateway, "sealgate_kms_rewraps_total", outcome="done")
    bao.freeze()
    try:
        job = begin(gateway)
        until(lambda: one(gateway, "sealgate_kms_rewraps_in_flight") == 3)
        for _ in range(10):
            assert one(gateway, "sealgate_kms_rewraps_in_flight") == 3
    finally:
        bao.thaw()
    answer = follow(gateway, job)
    assert answer["status"] == "Completed" and answer["records"]["rewrapped"] >= 9, answer
    assert one(gateway, "sealgate_kms_rewraps_in_flight") == 0
    assert one(gateway, "sealgate_kms_rewraps_total", outcome="done") - done >= 9


def test_a_replaced_provider_lets_go_of_its_connections(gateway, bao):
    bucket = new_bucket(gateway)
    bao.freeze()
    try:
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            waiting = [pool.submit(put, gateway, bucket, f"{n}") for n in range(8)]
            until(lambda: one(gateway, "sealgate_kms_connections") >= 8)
            bao.thaw()
            for each in waiting:
                each.result()
    finally:
        bao.thaw()
    assert one(gateway, "sealgate_kms_connections") >= 8
    change(gateway, timeout_seconds=29)
    # What is left is the new one's own, of its probe.
    until(lambda: one(gateway, "sealgate_kms_connections") <= 2)
    put(gateway, bucket, "after")
    assert get(gateway, bucket, "0") == "0"
