"""A real OpenBao server: TLS, in memory, unsealed, with a transit and a KV engine."""

import base64
import json
import os
import pathlib
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request

from deployment import ROOT

POLICY = (ROOT / "docs/guides/kms-vault.md").read_text()


class OpenBao:
    def __init__(self, state, ports):
        self.state = pathlib.Path(state)
        self.port, self.cluster_port = ports
        self.url = f"https://127.0.0.1:{self.port}"
        self.token = self.unseal_key = None

    def __enter__(self):
        self.state.mkdir(parents=True)
        self.authority("ca")
        self.certificate("server", "serverAuth")
        self.certificate("client", "clientAuth")
        (self.state / "bao.json").write_text(json.dumps({
            "storage": {"inmem": {}}, "api_addr": self.url,
            "cluster_addr": f"https://127.0.0.1:{self.cluster_port}",
            "listener": {"tcp": {
                "address": f"127.0.0.1:{self.port}",
                "cluster_address": f"127.0.0.1:{self.cluster_port}",
                "tls_cert_file": f"{self.state}/server.pem",
                "tls_key_file": f"{self.state}/server.key",
                "tls_client_ca_file": f"{self.state}/ca.pem"}}}))
        # JSON has no form for this block.
        (self.state / "audit.hcl").write_text(
            f'audit "file" "calls" {{ options {{ file_path = "{self.state}/audit.log" }} }}\n')
        with open(self.state / "bao.log", "ab") as output:
            self.process = subprocess.Popen(
                ["bao", "server", f"-config={self.state}/bao.json",
                 f"-config={self.state}/audit.hcl"], stdout=output, stderr=output,
                stdin=subprocess.DEVNULL, env={**os.environ, "HOME": str(self.state)})
        self.wait(lambda status: status == 501)
        answer = self.call("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.token, self.unseal_key = answer["root_token"], answer["keys"][0]
        self.unseal()
        self.call("POST", "sys/mounts/transit", {"type": "transit"})
        self.call("POST", "sys/mounts/kv", {"type": "kv", "options": {"version": "2"}})
        self.call("POST", "sys/auth/approle", {"type": "approle"})
        self.call("POST", "sys/auth/cert", {"type": "cert"})
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait(timeout=30)

    # Certificates.

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.state, check=True, capture_output=True)

    def authority(self, name):
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                     "-nodes", "-days", "30", "-subj", f"/CN={name}", "-keyout", f"{name}.key",
                     "-out", f"{name}.pem")

    def certificate(self, name, usage):
        (self.state / "names").write_text(
            f"subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage={usage}\n"
            "keyUsage=digitalSignature\n")
        self.openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        self.openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                     "-CAcreateserial", "-days", "30", "-extfile", "names", "-out", f"{name}.pem")

    # The server's API, as its operator.

    def call(self, method, path, document=None, check=True, **headers):
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(f"{self.url}/v1/{path}", body, method=method, headers={
            "content-type": "application/json", **headers,
            **({"x-vault-token": self.token} if self.token else {})})
        trust = ssl.create_default_context(cafile=self.state / "ca.pem")
        try:
            with urllib.request.urlopen(request, context=trust, timeout=10) as reply:
                text = reply.read()
        except urllib.error.HTTPError as error:
            if check:
                raise AssertionError(f"{method} {path}: {error.code} {error.read()}") from error
            return {"status": error.code}
        return json.loads(text) if text else {}

    def audited(self, since=0):
        """The server's own record of requests from a place in it on: [(path, hashed context)]."""
        lines = (self.state / "audit.log").read_text().splitlines()[since:]
        entries = [json.loads(line) for line in lines]
        return [(entry["request"]["path"], (entry["request"].get("data") or {}).get("context"))
                for entry in entries if entry["type"] == "request"]

    def data_keys(self, key, since):
        """How many data keys were asked for, those of health checks not counted."""
        probe = base64.b64encode(b'{"sealgate":"probe1"}').decode()
        probe = self.call("POST", "sys/audit-hash/calls", {"input": probe})["data"]["hash"]
        return sum(path == f"transit/datakey/plaintext/{key}" and context != probe
                   for path, context in self.audited(since))

    def audit_mark(self):
        return len((self.state / "audit.log").read_text().splitlines())

    def health(self):
        try:
            return self.call("GET", "sys/health", check=False).get("status", 200)
        except OSError:
            return None

    def wait(self, is_so):
        deadline = time.monotonic() + 60
        while not is_so(self.health()):
            assert self.process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def log(self):
        return (self.state / "bao.log").read_text(errors="replace")[-4000:]

    def seal(self):
        self.call("PUT", "sys/seal")

    def unseal(self):
        self.call("PUT", "sys/unseal", {"key": self.unseal_key})
        self.wait(lambda status: status == 200)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    # Sealgate's identity there.

    def policy(self, name="sealgate", **headers):
        """The policy of the guide, as it stands there."""
        text = POLICY.split("```hcl\n")[1].split("```")[0]
        self.call("PUT", f"sys/policies/acl/{name}", {"policy": text}, **headers)

    def app_role(self, **limits):
        """Role id and secret id."""
        self.call("POST", "auth/approle/role/sealgate",
                  {"token_policies": "sealgate", "token_type": "service", **limits})
        role = self.call("GET", "auth/approle/role/sealgate/role-id")["data"]["role_id"]
        secret = self.call("POST", "auth/approle/role/sealgate/secret-id", {})["data"]["secret_id"]
        return role, secret

    def revoke_logins(self, method):
        """Every token that a login by this method gave is dead."""
        self.call("POST", f"sys/leases/revoke-prefix/auth/{method}/login")

    def login_count(self):
        """Tokens that the AppRole method gave and that live still."""
        answer = self.call("GET", "sys/leases/lookup/auth/approle/login?list=true", check=False)
        return len(answer.get("data", {}).get("keys", []))

    def decrypt(self, key, ciphertext, context):
        """The data key of a wrapped key, by the operator's own hand; `None` where refused."""
        answer = self.call(
            "POST", f"transit/decrypt/{key}",
            {"ciphertext": ciphertext, "context": base64.b64encode(context).decode()}, check=False)
        return answer.get("data", {}).get("plaintext")
