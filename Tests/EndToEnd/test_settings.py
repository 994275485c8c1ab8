"""The settings: what is refused and how it is told, what overrides what, what is shown."""

import os
import pathlib
import re
import socket
import subprocess
import time

import pytest

from deployment import ROOT, Deployment

BIN = pathlib.Path(os.environ.get("SEALGATE_BIN", ROOT / ".build/release"))

GOOD = """\
tls:
  certificate_file: {state}/tls/server.crt
  key_file: {state}/tls/server.key
backend:
  socket: {state}/run/store.sock
kms:
  local:
    key_dir: {state}/kms
    master_key_file: {state}/master.key
credentials:
  - id: dev
    access_key_id: AKIDEXAMPLE
    secret_access_key: a-secret-in-the-file
"""


def sealgate(*arguments, environment=None, program="sealgate"):
    clean = {n: v for n, v in os.environ.items() if not n.startswith("SEALGATE_")}
    return subprocess.run([BIN / program, *map(str, arguments)], capture_output=True, text=True,
                          timeout=60, env={**clean, **(environment or {})})


@pytest.fixture(scope="module")
def state(scratch):
    """Certificates and keys that scripts/run made."""
    with Deployment(scratch / "settings"):
        pass
    return scratch / "settings"


@pytest.fixture()
def write(state, tmp_path):
    def write(text=GOOD, **replaced):
        path = tmp_path / "settings.yaml"
        path.write_text(text.replace("{state}", str(state)))
        return path
    return write


def check(config, *flags, environment=None):
    return sealgate("config", "check", "--config", config, *flags, environment=environment)


def effective(config, name, *flags, environment=None):
    result = sealgate("config", "print", "--config", config, *flags, environment=environment)
    assert result.returncode == 0, result.stderr
    line = next(line for line in result.stdout.splitlines() if line.startswith(name + ": "))
    value, place = re.fullmatch(rf"{re.escape(name)}: (.*?)\s+# (.*)", line).groups()
    return value, place


def test_a_good_file(write):
    result = check(write())
    assert (result.returncode, result.stdout, result.stderr) == (0, "the settings are valid\n", "")


@pytest.mark.parametrize("text, error, hint", [
    (GOOD + "listen:\n  adress: 127.0.0.1:1\n", ":15: listen.adress: no such setting",
     "did you mean listen.address?"),
    (GOOD.replace("local:", "locale:"), ":7: kms.locale: no such setting", "config print"),
    (GOOD + "zebra: 1\n", ":14: zebra: no such setting", "config print"),
    (GOOD.replace("access_key_id:", "access_key:"),
     ":12: credentials[0].access_key: no such setting",
     "did you mean access_key_id?"),
    (GOOD + "limits:\n  connections: many\n", ':15: limits.connections: "many" is not valid',
     "expected a whole number from 1 to 1000000"),
    (GOOD + "limits:\n  connections: 0\n", ':15: limits.connections: "0" is not valid', "expected"),
    (GOOD + "limits:\n  header_timeout: 15\n", ':15: limits.header_timeout: "15" is not valid',
     "as 15s"),
    (GOOD + "limits:\n  header_bytes: 1GiB\n", ":15: limits.header_bytes", "64KiB"),
    (GOOD + "listen:\n  address: nowhere\n", ':15: listen.address: "nowhere" is not valid',
     "expected"),
    (GOOD + "listen:\n  regions: us-east-1\n", ":15: listen.regions", "expected"),
    (GOOD + "encryption:\n  default: off\n", ':15: encryption.default: "off" is not valid',
     "sse-s3, sse-kms, none"),
    (GOOD + "compatibility: minio\n", ":14: compatibility", "rustfs, aws"),
    (GOOD + "log:\n  level: loud\n", ":15: log.level", "debug"),
    (GOOD + "limits: 5\n", ":14: limits: is a section, not a value", "indented"),
    (GOOD + "tls:\n  key_file: x\n", "tls: is given twice", "remove"),
    (GOOD.replace("  key_file: {state}/tls/server.key\n", ""), "tls.key_file: is not set",
     "SEALGATE_TLS_KEY_FILE"),
    (GOOD.replace("  - id: dev\n    access", "  - access"), "credentials[0].id: is not set", "add"),
    (GOOD + "    secret_access_key_file: /x\n", "credentials[0].secret_access_key: is given",
     "remove"),
    (GOOD + "  broken: [\n", ":1", "YAML"), ("\ttabs: 1\n", ":1", "YAML"),
    ("- a\n- b\n", ":1", None)])
def test_what_is_wrong_is_told_with_file_line_and_remedy(write, text, error, hint):
    path = write(text)
    result = check(path)
    assert result.returncode == 2 and result.stdout == ""
    assert f"{path if error[0] == ':' else ''}{error}" in result.stderr, result.stderr
    assert "sealgate: hint: " in result.stderr and (hint or "") in result.stderr, result.stderr
    assert "a-secret-in-the-file" not in result.stderr
    served = sealgate("serve", "--config", path)
    assert (served.returncode, served.stderr) == (2, result.stderr)


def test_everything_that_is_wrong_is_told_at_once(write):
    result = check(write(GOOD + "limits:\n  connections: x\n  stream: 1\nlog:\n  level: y\n"))
    assert result.stderr.count("sealgate: error:") == 3


def test_files_that_can_not_be_read(write, tmp_path):
    result = check(tmp_path / "absent.yaml")
    assert result.returncode == 2 and "absent.yaml: can't be read: " in result.stderr
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\0\0")
    assert check(tmp_path / "binary.yaml").returncode == 2


def test_flags_over_environment_over_file_over_default(write):
    path = write(GOOD + "listen:\n  address: 127.0.0.1:1111\n")
    variable = {"SEALGATE_LISTEN_ADDRESS": "127.0.0.1:2222"}
    flag = ["--listen-address", "127.0.0.1:3333"]
    assert effective(write(), "listen.address") == ("127.0.0.1:9000", "default")
    path = write(GOOD + "listen:\n  address: 127.0.0.1:1111\n")
    assert effective(path, "listen.address") == ("127.0.0.1:1111", f"{path}:15")
    assert effective(path, "listen.address", environment=variable) == (
        "127.0.0.1:2222", "SEALGATE_LISTEN_ADDRESS")
    assert effective(path, "listen.address", *flag, environment=variable) == (
        "127.0.0.1:3333", "--listen-address")
    assert effective(path, "listen.address", "--listen-address=[::1]:5")[0] == "[::1]:5"
    variable = {"SEALGATE_LISTEN_REGIONS": "a-1,b-2"}
    assert effective(path, "listen.regions", environment=variable)[0] == "a-1,b-2"


def test_flags_and_variables_that_are_refused(write):
    path = write()
    result = check(path, "--listen-adress", "x")
    assert result.returncode == 2
    assert "sealgate: error: --listen-adress: no such setting" in result.stderr
    assert "did you mean --listen-address?" in result.stderr
    result = check(path, "--limits-connections", "-1")
    assert result.returncode == 2
    assert '--limits-connections: limits.connections: "-1"' in result.stderr
    result = check(path, "--kms-local-master-key", "c2VjcmV0")
    assert result.returncode == 2 and "may not stand on the command line" in result.stderr
    assert "--kms-local-master-key-file PATH" in result.stderr and "c2VjcmV0" not in result.stderr
    result = check(path, environment={"SEALGATE_LOG_LEVEL": "loud"})
    assert result.returncode == 2 and "SEALGATE_LOG_LEVEL" in result.stderr
    # An unknown variable may be somebody else's: a warning.
    result = check(path, environment={"SEALGATE_LISTEN_ADRESS": "x"})
    assert result.returncode == 0 and "did you mean SEALGATE_LISTEN_ADDRESS?" in result.stdout


def test_secrets_come_from_files_and_are_never_shown(write, state, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the-secret-itself\n")
    secret.chmod(0o600)
    path = write(GOOD.replace("secret_access_key: a-secret-in-the-file",
                              f"secret_access_key_file: {secret}"))
    result = sealgate("config", "print", "--config", path)
    assert result.returncode == 0
    assert "credentials[0].secret_access_key: (secret)" in result.stdout
    assert "kms.local.master_key: (secret)" in result.stdout
    master = (state / "master.key").read_text().strip()
    result_of_file = sealgate("config", "print", "--config", write())
    for text in (result.stdout, result_of_file.stdout):
        for hidden in ("the-secret-itself", "a-secret-in-the-file", master):
            assert hidden not in text
    for mode in (0o640, 0o604, 0o644):
        secret.chmod(mode)
        path = write(GOOD.replace("secret_access_key: a-secret-in-the-file",
                                  f"secret_access_key_file: {secret}"))
        result = check(path)
        assert result.returncode == 2
        assert f"{secret}: holds a secret and has mode 0{mode:o}" in result.stderr
        assert f"chmod 600 {secret}" in result.stderr
    secret.chmod(0o600)
    secret.write_text("")
    result = check(path)
    assert result.returncode == 2 and "is empty" in result.stderr
    secret.unlink()
    assert "can't be read" in check(path).stderr
    variable = {"SEALGATE_KMS_LOCAL_MASTER_KEY_FILE": str(state / "master.key")}
    assert effective(write(), "kms.local.master_key", environment=variable) == (
        "(secret)", "SEALGATE_KMS_LOCAL_MASTER_KEY_FILE")


def test_the_sample_names_every_setting(write):
    sample = sealgate("config", "sample")
    assert sample.returncode == 0 and sample.stderr == ""
    shown = sealgate("config", "print", "--config", write()).stdout
    names = {line.split(":")[0] for line in shown.splitlines() if "[0]" not in line}
    for name in names:
        assert re.search(rf"(?m)^\s*(# )?{name.split('.')[-1]}(_file)?:", sample.stdout), name
    # Every value of it, uncommented, is a valid one: the defaults are.
    text = re.sub(r"(?m)^(\s*)# (\w+: )", r"\1\2", sample.stdout)
    assert "no such setting" not in check(write(text)).stderr


def test_the_packaged_settings_are_valid(tmp_path):
    text = (ROOT / "packaging/sealgate.yaml").read_text()
    secrets = re.findall(r"(?m)^\s*[a-z_]*(?:secret|master)[a-z_]*_file: (\S+)", text)
    for number, path in enumerate(secrets):
        file = tmp_path / f"secret{number}"
        file.write_text("x" * 44)
        file.chmod(0o600)
        text = text.replace(path, str(file))
    (tmp_path / "sealgate.yaml").write_text(text)
    result = check(tmp_path / "sealgate.yaml")
    assert result.returncode == 0, result.stderr


# What only the start finds out.

def refused(config, *flags, code=1):
    result = sealgate("serve", "--config", config, "--listen-address", "127.0.0.1:0",
                      "--admin-address", "127.0.0.1:0", *flags)
    assert result.returncode == code, (result.returncode, result.stdout, result.stderr)
    assert "sealgate: error: " in result.stderr and "sealgate: hint: " in result.stderr
    return result.stderr


def test_certificates_that_are_refused(write, state, tmp_path):
    assert "/absent.crt" in refused(write(GOOD.replace("{state}/tls/server.crt", "/absent.crt")))
    assert "/absent.key" in refused(write(GOOD.replace("{state}/tls/server.key", "/absent.key")))
    key = tmp_path / "server.key"
    key.write_bytes((state / "tls/server.key").read_bytes())
    key.chmod(0o644)
    path = write(GOOD.replace("{state}/tls/server.key", str(key)))
    assert "mode 0644" in (error := refused(path)) and f"chmod 600 '{key}'" in error
    key.chmod(0o600)
    subprocess.run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-out", key],
                   check=True)
    assert "server" in refused(path)
    key.write_text("nonsense")
    refused(path)
    refused(write(), "--tls-client-ca-file", "/absent.pem")


@pytest.mark.parametrize("master, words", [
    ("A" * 43 + "=", "repeated"), ("dGhpcyBpcyBub3QgbG9uZyBlbm91Z2g=", "32 bytes"),
    ("not base64!", "base64"),
    ("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", "")])
def test_master_keys_that_are_no_keys(write, state, tmp_path, master, words):
    file = tmp_path / "master.key"
    file.write_text(master)
    file.chmod(0o600)
    text = GOOD.replace("{state}/master.key", str(file))
    text = text.replace("{state}/kms", str(tmp_path / "kms"))
    error = refused(write(text))
    assert words in error and master not in error
    assert not (tmp_path / "kms").exists() or not list((tmp_path / "kms").glob("*.key"))


def test_another_master_key_is_told_at_once(write, tmp_path):
    file = tmp_path / "master.key"
    file.write_text(subprocess.run(["openssl", "rand", "-base64", "32"], capture_output=True,
                                   text=True).stdout)
    file.chmod(0o600)
    error = refused(write(GOOD.replace("{state}/master.key", str(file))))
    assert "master" in error
    file.unlink()
    assert "can't be read" in refused(write(GOOD.replace("{state}/master.key", str(file))), code=2)
    error = refused(write(GOOD.replace("    master_key_file: {state}/master.key\n", "")))
    assert "openssl rand -base64 32" in error


def test_a_key_folder_that_others_can_read(write, state, tmp_path):
    folder = tmp_path / "kms"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    assert f"chmod 700 {folder}" in refused(write(GOOD.replace("{state}/kms", str(folder))))


def test_credentials_that_are_refused(write):
    none = GOOD.split("credentials:")[0]
    assert "credentials" in refused(write(none))
    twice = GOOD + GOOD.split("credentials:\n")[1]
    assert "twice" in refused(write(twice))
    assert "no secret_access_key" in refused(write(GOOD.replace(
        "    secret_access_key: a-secret-in-the-file\n", "")))


def test_an_address_that_is_taken(write, state, tmp_path):
    assert "the store doesn't answer" in refused(write())
    store = subprocess.Popen(
        [BIN / "sealgate-store", "serve", "--data", state / "store", "--socket",
         state / "run/store.sock",
         "--ready-file", tmp_path / "ready"], stderr=subprocess.DEVNULL)
    try:
        while not (tmp_path / "ready").exists():
            assert store.poll() is None
            time.sleep(0.01)
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            for flags in (["--listen-address", address], ["--admin-address", address]):
                environment = {"SEALGATE_LISTEN_ADDRESS": "127.0.0.1:0",
                               "SEALGATE_ADMIN_ADDRESS": "127.0.0.1:0"}
                result = sealgate("serve", "--config", write(), *flags, environment=environment)
                assert result.returncode == 1 and address in result.stderr, result
                assert "another address" in result.stderr
    finally:
        store.terminate()
        store.wait(timeout=20)


# The command line.

def test_help_fits_a_screen_and_ends_with_examples():
    result = sealgate("--help")
    assert result.returncode == 0 and result.stderr == ""
    lines = result.stdout.rstrip().splitlines()
    assert len(lines) <= 26 and max(map(len, lines)) <= 100
    assert lines[-1].startswith("  sealgate ") and "EXAMPLES" in lines[-6:][0] + lines[-5]
    nothing = sealgate()
    assert (nothing.returncode, nothing.stdout) == (2, result.stdout)
    for line in lines[lines.index("EXAMPLES") + 1:]:
        assert sealgate(line.split()[1], "--help").returncode == 0


@pytest.mark.parametrize("program, arguments", [
    ("sealgate", ["bogus"]), ("sealgate", ["config", "bogus"]), ("sealgate-store", ["bogus"]),
    ("sealgate-store", ["serve", "--bogus"]), ("sealgate-store", []),
    ("sealgate", ["serve", "--config"])])
def test_usage_errors_are_code_2(program, arguments):
    result = sealgate(*arguments, program=program)
    assert result.returncode == 2, result
    assert result.stdout or f"{program}: error: " in result.stderr


@pytest.mark.parametrize("program", ["sealgate", "sealgate-store"])
def test_versions(program):
    result = sealgate("--version", program=program)
    assert result.returncode == 0 and re.fullmatch(rf"{program} \d+\.\d+\.\d+\n", result.stdout)


def test_the_store_has_settings_too(tmp_path):
    sample = sealgate("config", "--sample", program="sealgate-store")
    assert sample.returncode == 0 and "durability" in sample.stdout
    (tmp_path / "store.yaml").write_text("durabilty: full\n")
    result = sealgate("config", "--config", tmp_path / "store.yaml", program="sealgate-store")
    assert result.returncode == 2
    assert f"{tmp_path}/store.yaml:1: durabilty: no such setting" in result.stderr
    assert "did you mean" in result.stderr
    result = sealgate("config", "--set", "durability=relaxed", program="sealgate-store")
    assert result.returncode == 0 and re.search(r"durability: relaxed\s+# --durability",
                                                result.stdout)
