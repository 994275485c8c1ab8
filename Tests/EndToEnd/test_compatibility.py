"""Every client that has a name, with every mode that it offers: a tree up, looked at, read in part,
compared, back and away again. Its outcome is the table of docs/reference/s3-compatibility.md."""

import filecmp
import hashlib
import os
import random

import pytest

from compatibility import CLIENTS, HERE, PART_BYTES, Restic, files
from deployment import ROOT
from modes import SSE, modes

PAGE = ROOT / "docs/reference/s3-compatibility.md"
BEGIN = "<!-- clients: written by Tests/EndToEnd/test_compatibility.py -->\n"
END = "<!-- end of clients -->\n"
OPERATIONS = {"upload": "upload", "sizes": "list", "part": "read a part", "unchanged": "sync",
              "check": "check", "serve": "serve", "download": "download",
              "copy": "copy", "remove": "delete"}
BUCKET = "compatibility"
CASES = [(client, mode) for client in HERE for mode in client.modes]
outcomes = {}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """One file of each kind: empty, small, with an awkward name, and of several parts."""
    chance, root = random.Random(11), tmp_path_factory.mktemp("tree")
    for name, size in {"empty": 0, "small": 70_001, "folder/a b+c&d=ü.txt": 5_000,
                       "parts": 2 * PART_BYTES + 70_001}.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(chance.randbytes(size))
    return root


@pytest.fixture(scope="module")
def all_modes(gateway):
    gateway.create_kms_key("compatibility-key")
    gateway.s3().create_bucket(Bucket=BUCKET)
    return {mode.name: mode for mode in modes(gateway.default_kms_key_id, "compatibility-key")}


@pytest.mark.parametrize("client,mode_name", CASES,
                         ids=[f"{client.__name__}-{mode}" for client, mode in CASES])
def test_client(gateway, all_modes, tree, tmp_path, client, mode_name):
    mode = all_modes[mode_name]
    prefix = f"{client.__name__}/{mode_name}/"
    tool = client(gateway, BUCKET, prefix, mode, tmp_path)
    done = outcomes[client, mode_name] = set()

    def does(operation):
        if getattr(tool, operation, None) is None:
            return None
        done.add(operation)
        return getattr(tool, operation)

    does("upload")(tree)
    keeps_mode(gateway, prefix, mode)
    back = tmp_path / "back"
    back.mkdir()
    wanted = {name: path.stat().st_size for name, path in files(tree).items()}
    if sizes := does("sizes"):
        assert sizes() == wanted
    if part := does("part"):
        data, start = (tree / "parts").read_bytes(), PART_BYTES - 7
        assert part("parts", start, 70_000) == data[start:start + 70_000]
    for operation in ("unchanged", "check"):
        if step := does(operation):
            step(tree)
    if serve := does("serve"):
        assert serve("small") == (tree / "small").read_bytes()
    does("download")(back)
    same(tree, back / str(tree).lstrip("/") if client is Restic else back)
    if copy := does("copy"):
        for name in ("small", "parts"):
            copy(name, f"{name} copied")
            copied = gateway.s3().get_object(
                Bucket=BUCKET, Key=f"{prefix}{name} copied", **mode.boto_read())
            assert copied["Body"].read() == (tree / name).read_bytes()
        keeps_mode(gateway, prefix, mode)
    if remove := does("remove"):
        remove()
        if client is not Restic:
            assert listed(gateway, prefix) == []


def same(tree, back):
    assert list(files(back)) == list(files(tree))
    assert filecmp.cmpfiles(tree, back, list(files(tree)), shallow=False)[1:] == ([], [])


def listed(gateway, prefix):
    """The keys below a prefix, without markers of folders."""
    found = gateway.s3().list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())
    return [entry["Key"] for entry in found if not entry["Key"].endswith("/")]


def keeps_mode(gateway, prefix, mode):
    """What the client wrote is encrypted as it asked for."""
    keys = listed(gateway, prefix)
    assert len(keys) >= 4
    for key in keys:
        head = gateway.s3().head_object(Bucket=BUCKET, Key=key, **mode.boto_read())
        fields = head["ResponseMetadata"]["HTTPHeaders"]
        told = {name: value for name, value in fields.items() if name.startswith(SSE)}
        assert told == {name.lower(): value for name, value in mode.answer.items()}, key


def test_the_store_holds_nothing_of_it(gateway, tree):
    data = (tree / "parts").read_bytes()
    needles = [data[place:place + 24] for place in (0, 65_536, PART_BYTES, len(data) - 24)]
    needles += [hashlib.md5(data).digest(), hashlib.sha256(data).digest()]
    assert gateway.find_in_store([n for n in needles if b"\n" not in n]) == set()


def test_the_page_says_what_was_seen():
    assert set(outcomes) == set(CASES), "run the whole file"
    page = PAGE.read_text()
    start, end = page.index(BEGIN) + len(BEGIN), page.index(END)
    text = table(page[start:end])
    if "SEALGATE_WRITE_DOCS" in os.environ:
        PAGE.write_text(page[:start] + text + page[end:])
    else:
        assert page[start:end] == text


def table(written):
    """The outcomes; a client that can't run here keeps the rows that it has."""
    lines = ["| client | mode | " + " | ".join(OPERATIONS.values()) + " |",
             "|---|---|" + "---|" * len(OPERATIONS)]
    for client in CLIENTS:
        if client not in HERE:
            lines += [line for line in written.splitlines()
                      if line.startswith(f"| {client.title} |")]
            continue
        for mode in client.modes:
            cells = ("✓" if name in outcomes[client, mode] else "–" for name in OPERATIONS)
            lines.append(f"| {client.title} | {mode} | " + " | ".join(cells) + " |")
    notes = [f"- {client.title}: {client.note}." for client in CLIENTS if client.note]
    return "\n".join([*lines, "", *notes, ""])
