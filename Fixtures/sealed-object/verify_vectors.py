#!/usr/bin/env python3
"""Reads every vector of the folders given (default: vectors/) and tells the ones that differ."""

import sys
from pathlib import Path

try:
    import sealed_object
    import vector
except ImportError as missing:
    sys.exit(f"verify_vectors: {missing}: install the Python package 'cryptography'")


def check_setting():
    """The one vector of a bucket's setting."""
    text = (Path(__file__).parent / "setting").read_text()
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    place = fields["bucket"], fields["kind"]
    key, key_id, salt, document, record = (
        bytes.fromhex(fields[name])
        for name in ["attribute-key", "attribute-key-id", "salt", "document", "record"])
    sealed = sealed_object.seal_setting(document, *place, key, key_id, salt)
    return sealed == record and sealed_object.open_setting(record, *place, key) == document


def main():
    folders = [Path(name) for name in sys.argv[1:]] or [Path(__file__).parent / "vectors"]
    paths = sorted(path for folder in folders for path in folder.iterdir())
    if not paths:
        sys.exit("verify_vectors: no vectors")
    failed = 0
    for path in paths:
        try:
            vector.check(path)
        except Exception as error:  # a report of every vector, not of the first
            failed += 1
            print(f"{path.name}: {type(error).__name__}: {error}", file=sys.stderr)
    if not check_setting():
        failed += 1
        print("setting: differs", file=sys.stderr)
    print(f"{len(paths) - failed} of {len(paths)} vectors")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
