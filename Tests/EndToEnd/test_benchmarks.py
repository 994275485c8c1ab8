"""The benchmarks' own store, which nobody would miss until the next run of them."""

import subprocess
import sys

from store import BIN, ROOT


def test_the_gateway_serves_before_the_sink(tmp_path):
    subprocess.run([sys.executable, "-B", ROOT / "Benchmarks/trial.py", tmp_path, BIN / "sealgate"],
                   check=True, timeout=120)
