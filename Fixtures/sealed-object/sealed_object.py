"""The sealed object, format version 1, written from docs/format.md alone.

Needs the package `cryptography` and nothing else. It favours plainness over speed: whole bodies
in memory, no streaming.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

SEGMENT = 65_536
TAG = 16
HEADER = 96
STREAM_MAX = 5 << 30
OBJECT_MAX = 5 << 40
PARTS_MAX = 10_000
ATTRIBUTES_MAX = 24_576
PART_ATTRIBUTES_MAX = 4_096
KMS_KEY_ID_MAX = 2_048
WRAPPED_MAX = 4_096
CONTEXT_MAX = 8_192
SETTING_MAX = 262_144
UNKNOWN = (1 << 64) - 1
MODES = {1: "s3", 2: "kms", 3: "customer"}


class Refused(Exception):
    """What was read isn't a sealed object of this place; `category` says which check found it."""

    def __init__(self, category, released=b""):
        super().__init__(category)
        self.category = category
        self.released = released


def need(condition, category):
    if not condition:
        raise Refused(category)


def lp(value):
    return struct.pack(">I", len(value)) + value


def expand(key, info, count):
    return HKDFExpand(algorithm=hashes.SHA384(), length=count, info=info).derive(key)


def extract(salt, secret):
    return hmac.new(salt, secret, hashlib.sha384).digest()


def gcm_open(key, nonce, sealed, associated, category):
    try:
        return AESGCM(key).decrypt(nonce, sealed, associated)
    except InvalidTag:
        raise Refused(category) from None


# Sizes


def segments(plaintext_count):
    return max(1, -(-plaintext_count // SEGMENT))


def stored_count(plaintext_count):
    return HEADER + plaintext_count + TAG * segments(plaintext_count)


def plaintext_count(stored):
    body = stored - HEADER
    need(body >= TAG, "stored-size")
    n = -(-body // (SEGMENT + TAG))
    need(n == 1 or body - (SEGMENT + TAG) * (n - 1) > TAG, "stored-size")
    count = body - TAG * n
    need(count <= STREAM_MAX, "stored-size")
    return count


# Stream


@dataclass(frozen=True)
class Stream:
    """What is known of a stream without its bytes; `part` is 0 for the whole body of an object."""

    object_id: bytes
    part: int
    count: int
    salt: bytes

    def facts(self):
        kind = 1 if self.part else 0
        return (
            b"SGW1"
            + bytes([1, 16, kind, 0])
            + struct.pack(">IIQ", self.part, 0, self.count)
            + self.object_id
            + self.salt
        )

    def keys(self, oek):
        derived = expand(oek, b"sgw/v1/stream\0" + self.facts(), 71)
        return derived[:32], derived[32:64], derived[64:]

    def nonce(self, prefix, index):
        last = index == segments(self.count) - 1
        return prefix + bytes([1 if last else 0]) + struct.pack(">I", index)

    def seal(self, oek, plaintext):
        assert len(plaintext) == self.count
        key, commitment, prefix = self.keys(oek)
        stored = self.facts() + commitment
        for index in range(segments(self.count)):
            piece = plaintext[index * SEGMENT : (index + 1) * SEGMENT]
            stored += AESGCM(key).encrypt(self.nonce(prefix, index), piece, b"")
        return stored

    def open(self, oek, commitment, body, first=0, last=None, with_header=True):
        """The plaintext of segments first...last; `Refused.released` is what came before."""
        key, derived, prefix = self.keys(oek)
        if commitment is not None:
            need(hmac.compare_digest(commitment, derived), "commitment")
        if last is None:
            last = segments(self.count) - 1
        if with_header:
            need(len(body) >= HEADER, "truncated")
            need(body[:64] == self.facts(), "header")
            need(hmac.compare_digest(body[64:HEADER], derived), "commitment")
            body = body[HEADER:]
        plaintext = b""
        for index in range(first, last + 1):
            count = min(SEGMENT, self.count - index * SEGMENT) + TAG
            if len(body) < count:
                raise Refused("truncated", plaintext)
            try:
                plaintext += AESGCM(key).decrypt(self.nonce(prefix, index), body[:count], b"")
            except InvalidTag:
                raise Refused("segment", plaintext) from None
            body = body[count:]
        if body:
            raise Refused("excess", plaintext)
        return plaintext


# Attributes

TEXTS = {1, 2, 3, 4, 5, 6, 9, 11, 12}
CHECKSUMS = {1: 4, 2: 4, 3: 8, 4: 20, 5: 32, 6: 64, 7: 16, 8: 8, 9: 8, 10: 16}


def read_lp(value, category):
    need(len(value) >= 4, category)
    count = struct.unpack(">I", value[:4])[0]
    need(len(value) >= 4 + count, category)
    return value[4 : 4 + count], value[4 + count :]


def check_attribute(kind, value, seen):
    need(kind < 0x8000, "attributes")
    if kind in TEXTS or kind == 10:
        need(kind not in seen, "attributes")
    if kind in TEXTS:
        check_text(value)
    elif kind in (7, 13):
        name, rest = read_lp(value, "attributes")
        text, rest = read_lp(rest, "attributes")
        need(name and not rest, "attributes")
        check_text(name)
        check_text(text)
        if kind == 13:
            need((13, name) not in seen, "attributes")
            seen.add((13, name))
    elif kind == 8:
        need(len(value) >= 2 and value[1] <= 1, "attributes")
        need(CHECKSUMS.get(value[0]) == len(value) - 2, "attributes")
        need((8, value[0]) not in seen, "attributes")
        seen.add((8, value[0]))
    elif kind == 10:
        need(len(value) == 16, "attributes")
    seen.add(kind)


def check_text(value):
    try:
        value.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Refused("attributes") from None


def parse_attributes(padded):
    found, seen, offset = [], set(), 0
    while offset < len(padded):
        kind = int.from_bytes(padded[offset : offset + 2], "big")
        if kind == 0 or len(padded) - offset < 2:
            need(not any(padded[offset:]), "attributes")
            break
        value, rest = read_lp(padded[offset + 2 :], "attributes")
        check_attribute(kind, value, seen)
        found.append((kind, value))
        offset = len(padded) - len(rest)
    return found


def encode_attributes(attributes):
    encoded = b""
    for kind, value in sorted(attributes, key=lambda pair: pair[0]):
        encoded += struct.pack(">H", kind) + lp(value)
    return encoded + bytes(-len(encoded) % 32)


# Envelope


@dataclass
class Envelope:
    mode: int
    flags: int
    object_id: bytes
    count: int
    stream_salt: bytes
    commitment: bytes
    wrap_salt: bytes
    key_check: bytes
    attribute_key_id: bytes
    reference: bytes
    key_box: bytes = b""
    attribute_box: bytes = b""
    attribute_box_count: int = 0

    @property
    def multipart(self):
        return bool(self.flags & 1)

    @property
    def part_count(self):
        return int.from_bytes(self.stream_salt[:4], "big")

    def prefix(self):
        return (
            bytes([1, 1, self.mode, self.flags])
            + struct.pack(">HH", len(self.reference), self.attribute_box_count)
            + self.object_id
            + struct.pack(">Q", self.count)
            + self.stream_salt
            + self.commitment
            + self.wrap_salt
            + self.key_check
            + self.attribute_key_id
            + self.reference
        )

    def encode(self):
        return self.prefix() + self.key_box + self.attribute_box

    def data_key(self):
        """KMS key id, wrapped key and client context of reference 2, else None."""
        if self.mode != 2 or self.flags & 2:
            return None
        key_id, rest = read_lp(self.reference[1:], "envelope")
        wrapped, rest = read_lp(rest, "envelope")
        context, rest = read_lp(rest, "envelope")
        need(not rest, "envelope")
        return key_id, wrapped, context

    def context(self, bucket, key, kms_key_id=b""):
        client = b""
        data_key = self.data_key()
        if data_key:
            kms_key_id, _, client = data_key
        elif self.mode != 2:
            kms_key_id = b""
        joined = lp(bucket) + lp(key) + lp(bytes([self.mode])) + lp(kms_key_id) + lp(client)
        return hashlib.sha384(joined).digest()

    def _wrapping(self, key, context):
        if self.mode == 3:
            key = extract(self.wrap_salt, key)
        return expand(key, b"sgw/v1/wrap\0" + self.wrap_salt + context, 76)

    def _attribute(self, key, context):
        if self.mode == 3:
            key = extract(self.wrap_salt, key)
        return expand(key, b"sgw/v1/attr\0" + self.wrap_salt + context, 44)

    def seal(self, oek, attributes, context, wrapping_key, attribute_key):
        """Fills key check and both boxes in; for SSE-C both keys are the customer's."""
        padded = encode_attributes(attributes)
        wrapping = self._wrapping(wrapping_key, context)
        self.key_check = wrapping[32:64]
        self.attribute_box_count = len(padded) + TAG
        self.key_box = AESGCM(wrapping[:32]).encrypt(wrapping[64:], oek, self.prefix())
        derived = self._attribute(attribute_key, context)
        associated = self.prefix() + self.key_box
        self.attribute_box = AESGCM(derived[:32]).encrypt(derived[32:], padded, associated)
        return self.encode()

    def open_key(self, wrapping_key, context):
        wrapping = self._wrapping(wrapping_key, context)
        need(hmac.compare_digest(wrapping[32:64], self.key_check), "key-check")
        return gcm_open(wrapping[:32], wrapping[64:], self.key_box, self.prefix(), "key-box")

    def open_attributes(self, attribute_key, context):
        if self.mode == 3:
            wrapping = self._wrapping(attribute_key, context)
            need(hmac.compare_digest(wrapping[32:64], self.key_check), "key-check")
        derived = self._attribute(attribute_key, context)
        associated = self.prefix() + self.key_box
        padded = gcm_open(
            derived[:32], derived[32:], self.attribute_box, associated, "attribute-box"
        )
        return parse_attributes(padded)


def parse_envelope(raw):
    need(len(raw) >= 160, "envelope")
    version, suite, mode, flags, reference_count, box_count = struct.unpack(">BBBBHH", raw[:8])
    need(version == 1 and suite == 1 and mode in MODES, "envelope")
    need(flags & ~3 == 0 and (not flags & 2 or mode == 2), "envelope")
    padded = box_count - TAG
    need(0 <= padded <= ATTRIBUTES_MAX and padded % 32 == 0, "envelope")
    need(len(raw) == 160 + reference_count + 48 + box_count, "envelope")
    end = 160 + reference_count
    envelope = Envelope(
        mode=mode,
        flags=flags,
        object_id=raw[8:24],
        count=int.from_bytes(raw[24:32], "big"),
        stream_salt=raw[32:56],
        commitment=raw[56:88],
        wrap_salt=raw[88:112],
        key_check=raw[112:144],
        attribute_key_id=raw[144:160],
        reference=raw[160:end],
        key_box=raw[end : end + 48],
        attribute_box=raw[end + 48 :],
        attribute_box_count=box_count,
    )
    need(mode != 3 or not any(envelope.attribute_key_id), "envelope")
    check_reference(envelope)
    if envelope.multipart:
        need(not any(envelope.stream_salt[4:]) and not any(envelope.commitment), "envelope")
        if envelope.count == UNKNOWN:
            need(envelope.part_count == 0, "envelope")
        else:
            need(1 <= envelope.part_count <= PARTS_MAX, "envelope")
            need(envelope.count <= OBJECT_MAX, "envelope")
    else:
        need(envelope.count <= STREAM_MAX, "envelope")
    return envelope


def check_reference(envelope):
    reference = envelope.reference
    if envelope.mode == 3:
        need(not reference, "envelope")
    elif envelope.mode == 1 or envelope.flags & 2:
        need(len(reference) == 17 and reference[0] == 1, "envelope")
    else:
        need(reference[:1] == b"\x02", "envelope")
        key_id, wrapped, context = envelope.data_key()
        need(1 <= len(key_id) <= KMS_KEY_ID_MAX, "envelope")
        try:
            key_id.decode("utf-8", "strict")
        except UnicodeDecodeError:
            raise Refused("envelope") from None
        need(1 <= len(wrapped) <= WRAPPED_MAX, "envelope")
        need(len(context) <= CONTEXT_MAX, "envelope")


# Multipart


@dataclass
class Table:
    table_id: bytes
    salt: bytes
    parts: list = field(default_factory=list)  # (number, count, salt), ascending

    def header(self):
        total = sum(count for _, count, _ in self.parts)
        return (
            b"SGWM\1\1\0\0"
            + self.table_id
            + struct.pack(">IIQ", len(self.parts), 0, total)
            + self.salt
        )

    def seal(self, oek, object_id):
        derived = expand(oek, b"sgw/v1/table\0" + object_id + self.header(), 44)
        entries = b"".join(struct.pack(">IQ", n, count) + salt for n, count, salt in self.parts)
        return self.header() + AESGCM(derived[:32]).encrypt(derived[32:], entries, self.header())


def open_table(sealed, oek, object_id, table_id):
    need(len(sealed) >= 64, "table")
    header = sealed[:64]
    need(header[:8] == b"SGWM\1\1\0\0", "table")
    count, reserved, total = struct.unpack(">IIQ", header[24:40])
    need(reserved == 0 and 1 <= count <= PARTS_MAX, "table")
    need(len(sealed) == 80 + 36 * count, "table")
    need(header[8:24] == table_id, "table")
    derived = expand(oek, b"sgw/v1/table\0" + object_id + header, 44)
    entries = gcm_open(derived[:32], derived[32:], sealed[64:], header, "table")
    parts, before = [], 0
    for offset in range(0, len(entries), 36):
        number, length = struct.unpack(">IQ", entries[offset : offset + 12])
        need(before < number <= PARTS_MAX and length <= STREAM_MAX, "table")
        parts.append((number, length, entries[offset + 12 : offset + 36]))
        before = number
    need(sum(length for _, length, _ in parts) == total <= OBJECT_MAX, "table")
    return parts


def seal_part_record(oek, stream, attributes):
    header = b"\1" + struct.pack(">IQ", stream.part, stream.count) + stream.salt
    info = b"sgw/v1/part\0" + stream.object_id + struct.pack(">I", stream.part) + stream.salt
    derived = expand(oek, info, 44)
    padded = encode_attributes(attributes)
    return header + AESGCM(derived[:32]).encrypt(derived[32:], padded, header)


def open_part_record(record, oek, object_id, number):
    """(P, salt, attributes) of the record that the store gave for part `number`."""
    need(len(record) >= 37 + TAG and record[0] == 1, "part-record")
    padded_count = len(record) - 37 - TAG
    need(padded_count % 32 == 0 and padded_count <= PART_ATTRIBUTES_MAX, "part-record")
    found, count = struct.unpack(">IQ", record[1:13])
    need(found == number and 1 <= number <= PARTS_MAX, "part-record")
    need(count <= STREAM_MAX, "part-record")
    salt = record[13:37]
    info = b"sgw/v1/part\0" + object_id + struct.pack(">I", number) + salt
    derived = expand(oek, info, 44)
    padded = gcm_open(derived[:32], derived[32:], record[37:], record[:37], "part-record")
    return count, salt, parse_attributes(padded)


def _setting_keys(attribute_key, salt, bucket, kind):
    info = b"sgw/v1/setting\0" + salt + lp(bucket.encode()) + lp(kind.encode())
    derived = expand(attribute_key, info, 44)
    return derived[:32], derived[32:]


def seal_setting(document, bucket, kind, attribute_key, attribute_key_id, salt):
    header = b"\3" + attribute_key_id + salt
    key, nonce = _setting_keys(attribute_key, salt, bucket, kind)
    return header + AESGCM(key).encrypt(nonce, document, header)


def open_setting(record, bucket, kind, attribute_key):
    """The document of the record that the store gave for a bucket's setting of that kind."""
    need(41 + TAG <= len(record) <= 41 + TAG + SETTING_MAX and record[0] == 3, "setting")
    key, nonce = _setting_keys(attribute_key, record[17:41], bucket, kind)
    return gcm_open(key, nonce, record[41:], record[:41], "setting")


def opaque_etag(object_id, parts):
    return f"{object_id.hex()}-{parts}"
