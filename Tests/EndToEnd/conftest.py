"""Both programs as processes, started by scripts/run, and the clients that talk to them."""

import os
import pathlib
import shutil
import tempfile

import pytest

from deployment import Deployment, free_ports
from openbao import OpenBao


@pytest.fixture(scope="session")
def scratch():
    with tempfile.TemporaryDirectory(prefix="sealgate-e2e-") as folder:
        yield pathlib.Path(folder)


@pytest.fixture(scope="module")
def gateway(scratch, request):
    """The deployment that the tests of one file share."""
    state = scratch / request.module.__name__
    with Deployment(state) as deployment:
        yield deployment
    shutil.rmtree(state)


@pytest.fixture(scope="module")
def bao(scratch, request):
    """The OpenBao server that the tests of one file share."""
    with OpenBao(scratch / f"{request.module.__name__}-bao", free_ports(2)) as server:
        server.policy()
        yield server


@pytest.fixture()
def own_gateway(scratch):
    """A deployment of the test's own: to stop, break or reconfigure."""
    state = scratch / f"own-{os.urandom(4).hex()}"
    with Deployment(state) as deployment:
        yield deployment
    shutil.rmtree(state)


@pytest.fixture()
def s3(gateway):
    return gateway.s3()


@pytest.fixture()
def bucket(gateway):
    """A new bucket of the shared deployment."""
    name = "t-" + os.urandom(6).hex()
    gateway.s3().create_bucket(Bucket=name)
    return name
