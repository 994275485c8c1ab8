"""The commands of the README and of the guide, as a newcomer pastes them."""

import os
import re
import shutil
import subprocess
import time

import pytest

from deployment import ROOT, find
from store import BIN


def blocks(document):
    """The `sh` blocks of a document, in order."""
    text = (ROOT / document).read_text()
    found = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, f"{document} has no block of commands"
    return found


def script(commands):
    """A script of these commands that ends at the first that fails, and names it."""
    lines = []
    for line in re.sub(r"\\\n\s*", "", commands).splitlines():
        if line.strip():
            quoted = line.replace("'", "'\\''")
            lines.append(f"{line} || {{ echo 'failed: {quoted}' >&2; exit 1; }}")
    return "\n".join(lines)


class Newcomer:
    """A folder with the README in it, where scripts/run was started without options but for its
    ports, and a terminal that knows what it printed."""

    def __init__(self, folder):
        self.folder = folder
        shutil.copy(ROOT / "README.md", folder)
        self.log = folder / "output.log"
        self.start()

    def start(self):
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                [ROOT / "scripts/run", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        deadline = time.monotonic() + 60
        while "Ctrl-C stops both" not in self.log.read_text():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(self.log.read_text())
            time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=60)

    def paste(self, commands):
        exports = re.findall(r"^\s*(export .*)$", self.log.read_text(), re.MULTILINE)
        assert len(exports) >= 2
        # Nothing else of this machine's settings: no ~/.aws, no variables.
        binaries = os.environ.get("SEALGATE_BIN", f"{ROOT}/.build/release")
        path = f"{binaries}:{os.environ['PATH']}"
        environment = {"PATH": path, "HOME": str(self.folder), "TERM": "dumb"}
        return subprocess.run(
            ["sh", "-c", "\n".join([*exports, script(commands)])], cwd=self.folder, text=True,
            env=environment, capture_output=True, stdin=subprocess.DEVNULL, timeout=300)


@pytest.fixture()
def newcomer(tmp_path):
    newcomer = Newcomer(tmp_path)
    yield newcomer
    newcomer.stop()


def test_a_command_that_fails_is_found(newcomer):
    """The other tests could not fail otherwise."""
    for commands in ("true\nfalse\ntrue", "! true", "! echo x | grep x", "X=$(false)\ntrue",
                     "aws s3 \\\n    ls s3://no-such-bucket\ntrue"):
        result = newcomer.paste(commands)
        assert (result.returncode, "failed: " in result.stderr) == (1, True), commands
    assert newcomer.paste("true\n! false\n! echo x | grep y").returncode == 0


def test_the_readme_works_as_pasted(newcomer):
    first, second = blocks("README.md")
    result = newcomer.paste(first)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.splitlines()[-1] == "the vault opens at dawn"
    result = newcomer.paste(second)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "plan.txt" in result.stdout
    assert find(newcomer.folder / ".sealgate/store", [b"the vault opens at dawn"]) == set()


def test_the_guide_works_as_pasted(newcomer):
    result = newcomer.paste("\n".join(blocks("docs/guides/sse.md")))
    assert result.returncode == 0, result.stdout + result.stderr
    # Names can be found in what was stored, and nothing else of it.
    secrets = [b"a report on encryption", (newcomer.folder / "customer.key").read_bytes()]
    secrets = [secret for secret in secrets if b"\n" not in secret]
    assert find(newcomer.folder / ".sealgate/store", [*secrets, b"report.ssec"]) == {b"report.ssec"}


def test_the_guide_of_recovery_works_as_pasted(newcomer):
    result = newcomer.paste("\n".join(blocks("docs/guides/recovery.md")))
    assert result.returncode == 0, result.stdout + result.stderr
    assert '"broken":0' in result.stdout and '"content_type"' in result.stdout


@pytest.mark.parametrize("guide", [
    "bucket-settings", "copies-and-tags", "forms", "kms-admin-api", "policies"])
def test_other_guides_work_as_pasted(newcomer, guide):
    result = newcomer.paste("\n".join(blocks(f"docs/guides/{guide}.md")))
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_guide_of_the_store_works_as_pasted(newcomer, monkeypatch):
    monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")
    check, repair, backup, restore = blocks("docs/guides/store-care.md")
    first, second = blocks("README.md")
    for commands in (first, check, backup):
        result = newcomer.paste(commands)
        assert result.returncode == 0, result.stdout + result.stderr
    newcomer.stop()
    for commands in (repair, restore):
        result = newcomer.paste(commands)
        assert result.returncode == 0, result.stdout + result.stderr
    newcomer.start()
    result = newcomer.paste("aws s3 cp s3://demo/plan.txt -")
    assert result.stdout == "the vault opens at dawn\n", result.stderr


@pytest.mark.parametrize("document", [
    "README.md", "docs/guides/sse.md", "docs/guides/bucket-settings.md",
    "docs/guides/forms.md", "docs/guides/policies.md", "docs/guides/store-care.md",
    "docs/guides/kms-vault.md", "docs/guides/kms-aws.md", "docs/guides/kms.md",
    "docs/guides/kms-admin-api.md", "docs/guides/audit.md",
    "docs/guides/recovery.md", "docs/reference/s3-compatibility.md"])
def test_links_lead_somewhere(document):
    text = (ROOT / document).read_text()
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        if "://" not in target:
            assert ((ROOT / document).parent / target).exists(), target
