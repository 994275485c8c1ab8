"""Both programs as processes, started by scripts/run, and the clients that talk to them."""

import os
import pathlib
import tempfile

import pytest

from deployment import Deployment

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def scratch():
    with tempfile.TemporaryDirectory(prefix="sealgate-e2e-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture(scope="session")
def gateway(scratch):
    """The deployment that most tests share."""
    with Deployment(scratch / "shared") as deployment:
        yield deployment


@pytest.fixture()
def own_gateway(scratch, request):
    """A deployment of the test's own: to stop, break or reconfigure."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:40]
    with Deployment(scratch / f"own-{name}-{os.urandom(3).hex()}") as deployment:
        yield deployment


@pytest.fixture()
def bucket(gateway, request):
    name = "t-" + os.urandom(6).hex()
    gateway.s3().create_bucket(Bucket=name)
    return name
