"""What AWS has around its KMS and moto doesn't check: STS, an instance's metadata, dead sessions."""

import datetime
import http.server
import json
import threading
import urllib.parse

import httpx

ROLE = "arn:aws:iam::123456789012:role/sealgate"


class Identity(http.server.ThreadingHTTPServer):
    """Gives sessions of a role that moto knows, and passes requests to KMS on."""

    daemon_threads = True

    def __init__(self, moto):
        super().__init__(("127.0.0.1", 0), Handler)
        self.moto, self.token, self.seconds = moto, "first-token", 3600
        self.sessions, self.dead, self.metadata = [], set(), []
        self.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def session(self):
        """A session of the role: its credential, and when it ends by what is said."""
        made = self.moto.sessions.pop()
        ends = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(
            seconds=self.seconds)
        with self.lock:
            self.sessions.append(made["AccessKeyId"])
        return made, ends.strftime("%Y-%m-%dT%H:%M:%SZ")

    def kill_sessions(self):
        with self.lock:
            self.dead.update(self.sessions)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, text, kind="text/plain"):
        body = text if isinstance(text, bytes) else text.encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if "x-amz-target" in self.headers:
            return self.kms(body)
        form = dict(urllib.parse.parse_qsl(body.decode()))
        if "authorization" in self.headers or (
                form["Action"], form["Version"], form["RoleArn"], form["RoleSessionName"]) != (
                "AssumeRoleWithWebIdentity", "2011-06-15", ROLE, "sealgate"):
            return self.fault("ValidationError")
        if form["WebIdentityToken"] != self.server.token:
            return self.fault("InvalidIdentityToken")
        made, ends = self.server.session()
        self.reply(200, f"""<AssumeRoleWithWebIdentityResponse
            xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult>
            <Credentials><AccessKeyId>{made['AccessKeyId']}</AccessKeyId>
            <SecretAccessKey>{made['SecretAccessKey']}</SecretAccessKey>
            <SessionToken>{made['SessionToken']}</SessionToken><Expiration>{ends}</Expiration>
            </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>""",
                   "text/xml")

    def fault(self, code):
        self.reply(400, f"<ErrorResponse><Error><Code>{code}</Code></Error></ErrorResponse>",
                   "text/xml")

    def kms(self, body):
        if any(f"Credential={key}/" in self.headers["authorization"] for key in self.server.dead):
            return self.reply(400, json.dumps({"__type": "ExpiredTokenException"}))
        # The host is signed: it goes on as it came.
        answer = httpx.post(self.server.moto.url + self.path, content=body,
                            headers={name: value for name, value in self.headers.items()})
        self.reply(answer.status_code, answer.content, "application/x-amz-json-1.1")

    def do_PUT(self):
        self.server.metadata.append(self.path)
        self.reply(200, "metadata-session")

    def do_GET(self):
        self.server.metadata.append(self.path)
        if self.headers.get("x-aws-ec2-metadata-token") != "metadata-session":
            return self.reply(401, "")
        if self.path.endswith("/"):
            return self.reply(200, "sealgate")
        made, ends = self.server.session()
        self.reply(200, json.dumps({
            "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": made["AccessKeyId"],
            "SecretAccessKey": made["SecretAccessKey"], "Token": made["SessionToken"],
            "Expiration": ends}), "application/json")
