"""AWS Signature Version 4, as far as the benchmarks need it: presigned URLs and signed headers."""
import datetime
import hashlib
import hmac
import urllib.parse

EXPIRES_SECONDS = 3600


class Signer:
    """Signs requests to one endpoint with one credential."""

    def __init__(self, origin, access_key, secret_key, region):
        self.origin = origin
        self.host = urllib.parse.urlsplit(origin).netloc
        self.access_key = access_key
        self.secret_key = secret_key
        self.region = region

    def presign(self, method, path, headers=None, parameters=None):
        """A URL that is good for an hour; `headers` are signed and must be sent with it."""
        time = self._now()
        signed = {"host": self.host, **(headers or {})}
        names = ";".join(sorted(signed))
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.access_key}/{self._scope(time)}",
            "X-Amz-Date": time,
            "X-Amz-Expires": str(EXPIRES_SECONDS),
            "X-Amz-SignedHeaders": names,
            **(parameters or {}),
        }
        text = "&".join(f"{name}={self._encode(query[name])}" for name in sorted(query))
        signature = self._sign(time, method, path, text, signed, "UNSIGNED-PAYLOAD")
        return f"{self.origin}{path}?{text}&X-Amz-Signature={signature}"

    def authorize(self, method, path, payload_sha256, headers=None):
        """The headers of a request whose payload's SHA-256, in hexadecimal, is signed."""
        time = self._now()
        sent = {"x-amz-content-sha256": payload_sha256, "x-amz-date": time, **(headers or {})}
        signed = {"host": self.host, **sent}
        signature = self._sign(time, method, path, "", signed, payload_sha256)
        sent["authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.access_key}/{self._scope(time)}, "
            f"SignedHeaders={';'.join(sorted(signed))}, Signature={signature}"
        )
        return sent

    def _sign(self, time, method, path, query, signed, payload):
        fields = "".join(f"{name}:{signed[name]}\n" for name in sorted(signed))
        names = ";".join(sorted(signed))
        canonical = "\n".join([method, path, query, fields, names, payload])
        digest = hashlib.sha256(canonical.encode()).hexdigest()
        text = "\n".join(["AWS4-HMAC-SHA256", time, self._scope(time), digest])
        key = ("AWS4" + self.secret_key).encode()
        for part in [*self._scope(time).split("/"), text]:
            key = hmac.digest(key, part.encode(), "sha256")
        return key.hex()

    def _scope(self, time):
        return f"{time[:8]}/{self.region}/s3/aws4_request"

    @staticmethod
    def _now():
        return datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")

    @staticmethod
    def _encode(text):
        return urllib.parse.quote(text, safe="-._~")
