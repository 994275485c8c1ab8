"""What belongs to the benchmarks and nobody would miss until their next run: store and profile."""

import pathlib
import re
import shlex
import subprocess
import sys

from store import BIN, ROOT


def test_the_gateway_serves_before_the_sink(tmp_path):
    subprocess.run([sys.executable, "-B", ROOT / "Benchmarks/trial.py", tmp_path, BIN / "sealgate"],
                   check=True, timeout=120)


def test_the_profile_of_release_builds_can_be_read():
    script = f'ROOT={shlex.quote(str(ROOT))}; . "$ROOT/scripts/lib.sh"; use_profile; ' \
        'printf "%s\\n" "${PROFILE_OPTIONS[@]}"'
    options = subprocess.run(["bash", "-euc", script], check=True, capture_output=True, text=True)
    profile, = re.findall("-ir-profile-use=(.+)", options.stdout)
    assert pathlib.Path(profile).stat().st_size > 0


def test_the_profile_of_release_builds_is_of_these_sources():
    """Code that it doesn't know is built without it, and nobody would notice."""
    recorded = own_functions((ROOT / "Benchmarks/release.proftext").read_text())
    assert len(recorded) > 500
    built = set()
    for program in "sealgate", "sealgate-store":
        symbols = subprocess.run(["nm", BIN / program], check=True, capture_output=True, text=True)
        built |= {line.split()[-1] for line in symbols.stdout.splitlines()}
    # Some have been inlined wherever they are called.
    known = len(recorded & built) / len(recorded)
    assert known > 0.6, f"it knows {known:.0%} of itself; run scripts/profile, which writes it anew"


def own_functions(profile):
    """The mangled names of functions of the project's own modules."""
    modules = {path.name for path in (ROOT / "Sources").iterdir()}
    found = set()
    for line in profile.splitlines():
        name = line.rpartition(";")[2]
        module = re.match(r"\$s(\d+)(\w+)$", name)
        if module and module.group(2)[:int(module.group(1))] in modules:
            found.add(name)
    return found
