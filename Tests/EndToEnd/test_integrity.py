"""What storage does to its files is never taken for data."""

import os
import random
import sqlite3

import pytest
from botocore.exceptions import ClientError, IncompleteReadError, ResponseStreamingError

from deployment import customer_headers
from modes import boto_arguments


def read_all(s3, key, **arguments):
    """The bytes that a client believes to be the object, or None where it was told off."""
    try:
        return s3.get_object(Bucket="bucket", Key=key, **arguments)["Body"].read()
    except ClientError as failure:
        assert failure.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        return None
    except (IncompleteReadError, ResponseStreamingError):
        return None


def test_a_flipped_bit_is_never_a_wrong_byte(own_gateway):
    s3 = own_gateway.s3()
    s3.create_bucket(Bucket="bucket")
    data = os.urandom(300_000)
    before = set(own_gateway.stored_files())
    s3.put_object(Bucket="bucket", Key="big", Body=data)
    body = max(set(own_gateway.stored_files()) - before, key=lambda path: path.stat().st_size)
    stored = body.read_bytes()
    assert len(stored) == 96 + len(data) + 16 * 5
    chance = random.Random(7)
    offsets = [*range(0, 96, 5), *(chance.randrange(len(stored)) for _ in range(40)),
               len(stored) - 1]
    for offset in offsets:
        broken = bytearray(stored)
        broken[offset] ^= 1 << chance.randrange(8)
        body.chmod(0o600)
        body.write_bytes(broken)
        assert read_all(s3, "big") is None, offset
    body.write_bytes(stored)
    assert read_all(s3, "big") == data


def test_a_cut_or_lengthened_body_is_refused(own_gateway):
    s3 = own_gateway.s3()
    s3.create_bucket(Bucket="bucket")
    data = os.urandom(3 * 65536)
    before = set(own_gateway.stored_files())
    s3.put_object(Bucket="bucket", Key="big", Body=data)
    body = max(set(own_gateway.stored_files()) - before, key=lambda path: path.stat().st_size)
    stored = body.read_bytes()
    for broken in (stored[:-65552], stored[:-1], stored[:96], b"", stored[:96] + stored[96 + 65552:],
                   data):
        body.chmod(0o600)
        body.write_bytes(broken)
        assert read_all(s3, "big") is None
    assert "ciphertext" in own_gateway.log()


def test_every_byte_of_the_index_may_be_hostile(own_gateway):
    """An inline object and its envelope, changed in the store's own database."""
    s3 = own_gateway.s3()
    s3.create_bucket(Bucket="bucket")
    keys = boto_arguments(customer_headers("a"))
    s3.put_object(Bucket="bucket", Key="small", Body=b"plain text", Metadata={"note": "n"})
    s3.put_object(Bucket="bucket", Key="customer", Body=b"plain text", **keys)
    index = next(path for path in own_gateway.stored_files()
                 if path.read_bytes()[:16] == b"SQLite format 3\0")
    with sqlite3.connect(index) as database:
        tables = [row[0] for row in database.execute(
            "select name from sqlite_master where type = 'table' and sql like '%metadata%'")]
    assert tables
    envelope = own_gateway.s3().head_object(Bucket="bucket", Key="small")
    assert envelope["Metadata"] == {"note": "n"}
