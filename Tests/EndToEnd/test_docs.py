"""The commands in the documents run as they stand, in the shell of somebody who follows them."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def blocks(document):
    """The blocks marked sh, in order: each is to be pasted whole."""
    return re.findall(r"^```sh\n(.*?)^```$", (ROOT / document).read_text(), re.M | re.S)


@pytest.mark.parametrize("document", ["README.md", "docs/guides/sse.md"])
def test_the_commands_run(own_gateway, tmp_path, document):
    found = blocks(document)
    assert found, document
    # README speaks of the default state folder, below where scripts/run was started.
    (tmp_path / ".sealgate").symlink_to(own_gateway.state)
    environment = {**own_gateway.client_environment(), "HOME": str(tmp_path)}
    script = "set -eu -o pipefail\n" + "\n".join(found)
    result = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, text=True,
                            capture_output=True, timeout=300)
    assert result.returncode == 0, f"{document}\n{result.stdout}\n{result.stderr}"


def test_the_readme_shows_what_it_says(own_gateway, tmp_path):
    (tmp_path / ".sealgate").symlink_to(own_gateway.state)
    script = "\n".join(blocks("README.md"))
    result = subprocess.run(["bash", "-c", script], cwd=tmp_path, text=True, capture_output=True,
                            env={**own_gateway.client_environment(), "HOME": str(tmp_path)})
    assert "the vault opens at dawn" in result.stdout
    assert "plan.txt" in result.stdout.splitlines()[-1]


def test_the_tools_that_the_documents_name_are_there():
    for tool in ("aws", "openssl", "strings", "base64", "split", "cmp"):
        assert shutil.which(tool, path=os.environ["PATH"]), tool
