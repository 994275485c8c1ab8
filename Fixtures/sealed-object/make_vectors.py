#!/usr/bin/env python3
"""Writes vectors/ anew; the same bytes every time. No key here is used anywhere else."""

import hashlib
import struct
from pathlib import Path

import collision
import sealed_object as so
import vector

FOLDER = Path(__file__).parent / "vectors"
CONTENT_TYPE = [(1, b"text/plain")]


def fixed(label, count):
    """`count` bytes that follow from a label."""
    return hashlib.shake_256(label.encode()).digest(count)


def checksum(plaintext):
    return (8, bytes([5, 0]) + hashlib.sha256(plaintext).digest())


def all_attributes(plaintext):
    return [
        (1, b"application/json"),
        (2, b"gzip"),
        (3, b"de"),
        (4, b'attachment; filename="a b"'),
        (5, b"no-store"),
        (6, b"Wed, 21 Oct 2026 07:28:00 GMT"),
        (7, so.lp(b"mtime") + so.lp(b"1700000000.5")),
        (7, so.lp(b"owner") + so.lp("Zoë".encode())),
        checksum(plaintext),
        (9, hashlib.md5(plaintext).hexdigest().encode()),
        (11, b"/elsewhere"),
        (12, b"STANDARD"),
        (13, so.lp(b"colour") + so.lp("grün".encode())),
        (13, so.lp(b"size") + so.lp(b"")),
        (0x1234, b"kept"),
    ]


class Case:
    """One object with everything that a vector tells of it."""

    def __init__(self, name, mode="s3", count=0, plaintext=None, attributes=CONTENT_TYPE, **place):
        self.name = name
        self.mode = mode
        self.bucket = place.get("bucket", "demo")
        self.key = place.get("key", "a.txt")
        self.kms_key_id = "key-1" if mode.startswith("kms") else ""
        self.given = plaintext
        self.plaintext = vector.counted(count) if plaintext is None else plaintext
        self.attributes = attributes
        self.oek = place.get("oek", fixed(name + " oek", 32))
        self.object_id = place.get("object_id", fixed(name + " id", 16))
        self.salt = place.get("salt", fixed(name + " salt", 24))
        self.wrap_salt = place.get("wrap_salt", fixed(name + " wrap salt", 24))
        self.wrapping_key = place.get("wrapping_key", fixed(mode + " key", 32))
        self.attribute_key = place.get("attribute_key", fixed("attribute key", 32))
        self.attribute_key_id = place.get("attribute_key_id", fixed("attribute key id", 16))
        if mode == "sse-c":
            self.attribute_key, self.attribute_key_id = self.wrapping_key, bytes(16)
        self.reference = place.get("reference", self._reference())
        self.fields = {}

    def _reference(self):
        if self.mode == "sse-c":
            return b""
        if self.mode == "kms":
            client = b'{"project":"x"}'
            return b"\2" + so.lp(b"key-1") + so.lp(fixed("wrapped", 60)) + so.lp(client)
        return b"\1" + fixed("bucket key id", 16)

    def stream(self):
        return so.Stream(self.object_id, 0, len(self.plaintext), self.salt)

    def body(self):
        return self.stream().seal(self.oek, self.plaintext)

    def envelope(self):
        return so.Envelope(
            mode={"s3": 1, "kms": 2, "kms-bucket-key": 2, "sse-c": 3}[self.mode],
            flags=2 if self.mode == "kms-bucket-key" else 0,
            object_id=self.object_id,
            count=len(self.plaintext),
            stream_salt=self.salt,
            commitment=self.stream().keys(self.oek)[1],
            wrap_salt=self.wrap_salt,
            key_check=b"",
            attribute_key_id=self.attribute_key_id,
            reference=self.reference,
        )

    def sealed_envelope(self, envelope=None):
        envelope = envelope or self.envelope()
        context = envelope.context(
            self.bucket.encode(), self.key.encode(), self.kms_key_id.encode()
        )
        return envelope.seal(
            self.oek, self.attributes, context, self.wrapping_key, self.attribute_key
        )

    def write(self, name=None, expect="success", body=None, envelope=None, **more):
        fields = {"expect": expect, "bucket": self.bucket, "key": self.key}
        if self.kms_key_id:
            fields["kms-key-id"] = self.kms_key_id
        fields["wrapping-key"] = self.wrapping_key.hex()
        if self.mode != "sse-c":
            fields["attribute-key"] = self.attribute_key.hex()
        fields["object-key"] = self.oek.hex()
        fields["attributes"] = so.encode_attributes(self.attributes).hex()
        if self.given is None:
            fields["plaintext-size"] = len(self.plaintext)
        else:
            fields["plaintext"] = self.plaintext.hex()
        fields["plaintext-sha256"] = hashlib.sha256(self.plaintext).hexdigest()
        fields["envelope"] = vector.b64(envelope or self.sealed_envelope())
        fields.update({key.replace("_", "-"): value for key, value in more.items()})
        if body is None and "splice" not in more:
            body = self.body()
        vector.write(FOLDER / (name or self.name), fields, body or b"")


def valid():
    plain = bytes(range(256))
    Case(
        "format-example",
        plaintext=b"hello, s3",
        oek=plain[:32],
        object_id=plain[:16],
        salt=plain[:24],
        wrapping_key=plain[0x20:0x40],
        attribute_key=plain[0x80:0xA0],
        attribute_key_id=plain[0xA0:0xB0],
        wrap_salt=plain[0x64:0x7C],
        reference=b"\1" + plain[0x40:0x50],
    ).write()
    for count in (0, 1, 65_535, 65_536, 65_537, 131_072, 131_073):
        Case(f"s3-{count}", count=count).write()
    for mode in ("kms", "kms-bucket-key", "sse-c"):
        for count in (0, 1, 65_537):
            Case(f"{mode}-{count}", mode, count=count).write()
    plaintext = b'{"a": 1}'
    Case("attributes-all", plaintext=plaintext, attributes=all_attributes(plaintext)).write()
    Case("attributes-none", plaintext=plaintext, attributes=[]).write()
    Case("key-unicode", plaintext=plaintext, key="ä/日本/\u0301").write()
    for lower, upper in ((0, 1), (65_535, 65_537), (65_536, 131_072), (131_072, 131_073)):
        case = Case("s3-131073", count=131_073)
        case.write(
            f"range-{lower}-{upper}",
            range=f"{lower} {upper}",
            splice="s3-131073 0 131217",
        )


def tampered_stream():
    case = Case("four-segments", count=196_609)
    case.write()
    full = so.SEGMENT + so.TAG
    ends = [so.HEADER + full * n for n in range(4)] + [len(case.body())]
    head = f"four-segments 0 {so.HEADER}"
    s = [f"four-segments {ends[n]} {ends[n + 1]}" for n in range(4)]
    whole = f"four-segments 0 {ends[4]}"

    def attack(name, expect, splice, **more):
        case.write(name, expect, splice=splice, **more)

    cut = f"four-segments 0 {ends[3]}"
    loose = {"check_size": "no"}
    attack("suite-zero", "header", whole, flip="4 01")
    attack("segment-size", "header", whole, flip="5 02")
    attack("kind-part", "header", whole, flip="6 01")
    attack("header-length", "header", whole, flip="23 01")
    attack("header-object-id", "header", whole, flip="24 80")
    attack("header-salt", "header", whole, flip="63 01")
    attack("header-commitment", "commitment", whole, flip="95 01")
    attack("payload-bit", "segment", whole, flip=f"{ends[1]} 01", released=65_536)
    attack("tag-bit", "segment", whole, flip=f"{ends[2] - 1} 80", released=65_536)
    attack("last-tag-bit", "segment", whole, flip=f"{ends[4] - 1} 80", released=196_608)
    attack("cut-at-segment", "stored-size", cut)
    attack("cut-at-segment-streamed", "truncated", cut, released=196_608, **loose)
    attack("cut-length-mended", "header", cut, flip="23 01", **loose)
    attack("cut-inside-segment", "truncated", f"four-segments 0 {ends[2] - 1}", released=65_536,
           **loose)  # fmt: skip
    attack("cut-inside-header", "truncated", "four-segments 0 95", **loose)
    attack("cut-to-header", "truncated", head, **loose)
    attack("cut-to-nothing", "truncated", "four-segments 0 0", **loose)
    attack("segment-dropped", "segment", [head, s[0], s[2], s[3]], released=65_536, **loose)
    attack("first-segment-dropped", "segment", [head, s[1], s[2], s[3]], **loose)
    attack("segments-swapped", "segment", [head, s[0], s[2], s[1], s[3]], released=65_536)
    attack("segment-replayed", "segment", [head, s[0], s[0], s[2], s[3]], released=65_536)
    attack("segment-repeated", "segment", [head, s[0], s[1], s[1], s[2], s[3]],
           released=131_072, **loose)  # fmt: skip
    attack("last-segment-first", "segment", [head, s[3], s[0], s[1], s[2]])
    attack("segment-appended", "excess", [whole, s[3]], released=196_609, **loose)
    attack("byte-appended", "stored-size", [whole, "four-segments 0 1"])
    attack("byte-appended-streamed", "excess", [whole, "four-segments 0 1"], released=196_609,
           **loose)  # fmt: skip
    mended = case.envelope()
    mended.count = 196_608
    sealed = so.parse_envelope(case.sealed_envelope())
    mended.key_check, mended.attribute_box_count = sealed.key_check, sealed.attribute_box_count
    mended.key_box, mended.attribute_box = sealed.key_box, sealed.attribute_box
    attack("cut-envelope-mended", "attribute-box", cut, flip="23 01", envelope=mended.encode())
    small = Case("body-plaintext", plaintext=bytes(range(256)))
    small.write("body-plaintext", "stored-size", body=small.plaintext)
    small.write("body-plaintext-sized", "header", body=small.plaintext + bytes(112))


def tampered_place():
    plaintext = b"hello, s3"
    for mode in ("s3", "kms", "kms-bucket-key", "sse-c"):
        wrong = "key-check" if mode == "sse-c" else "attribute-box"
        case = Case(f"place-{mode}", mode, plaintext=plaintext)
        case.write()
        sealed, body = case.sealed_envelope(), case.body()
        other_key = Case(f"place-{mode}", mode, plaintext=plaintext, key="b.txt")
        other_key.write(f"other-key-{mode}", wrong, body=body, envelope=sealed)
        other_bucket = Case(f"place-{mode}", mode, plaintext=plaintext, bucket="demo2")
        other_bucket.write(f"other-bucket-{mode}", wrong, body=body, envelope=sealed)
    joined = Case("joined", plaintext=plaintext, bucket="bk", key="tk/a")
    Case("joined", plaintext=plaintext, bucket="bkt", key="k/a").write(
        "other-split", "attribute-box", envelope=joined.sealed_envelope()
    )
    for count in (0, 9):
        case = Case(f"customer-{count}", "sse-c", plaintext=plaintext[:count])
        wrong = Case(
            f"customer-{count}", "sse-c", plaintext=plaintext[:count],
            wrapping_key=fixed("wrong", 32),
        )  # fmt: skip
        wrong.write(f"wrong-customer-key-{count}", "key-check", envelope=case.sealed_envelope())
    kms = Case("kms-id", "kms-bucket-key", plaintext=plaintext)
    sealed = kms.sealed_envelope()
    kms.kms_key_id = "key-2"
    kms.write("other-kms-key", "attribute-box", envelope=sealed)


def tampered_envelope():
    plaintext = b"hello, s3"
    one, two = (Case(f"write-{n}", plaintext=plaintext) for n in "12")
    first, second = one.sealed_envelope(), two.sealed_envelope()
    two.write("body-of-other-write", "header", body=one.body())
    mixed = one.body()[: so.HEADER] + two.body()[so.HEADER :]
    one.write("segments-of-other-write", "segment", body=mixed)
    box = so.parse_envelope(first).attribute_box
    two.write("attributes-of-other-write", "attribute-box", envelope=second[: -len(box)] + box)

    def edited(name, expect, offset, value, case=one):
        raw = bytearray(case.sealed_envelope())
        raw[offset : offset + len(value)] = value
        case.write(name, expect, envelope=bytes(raw))

    edited("envelope-version", "envelope", 0, b"\2")
    edited("envelope-suite-zero", "envelope", 1, b"\0")
    edited("envelope-mode-unknown", "envelope", 2, b"\4")
    edited("envelope-mode-zero", "envelope", 2, b"\0")
    edited("envelope-flag-unknown", "envelope", 3, b"\4")
    edited("envelope-flag-of-other-mode", "envelope", 3, b"\2")
    edited("envelope-reference-length", "envelope", 4, b"\0\x12")
    edited("envelope-box-length", "envelope", 6, b"\0\x20")
    edited("envelope-object-id", "attribute-box", 8, b"\xff")
    edited("envelope-length", "attribute-box", 31, b"\x08")
    edited("envelope-length-over", "envelope", 24, struct.pack(">Q", so.STREAM_MAX + 1))
    edited("envelope-length-unknown", "envelope", 24, b"\xff" * 8)
    edited("envelope-relabelled-kms", "attribute-box", 2, b"\2\2")
    edited("envelope-relabelled-sse-c", "envelope", 2, b"\3")
    edited("envelope-relabelled-multipart", "envelope", 3, b"\1")
    edited("envelope-reference-kind", "envelope", 160, b"\2")
    customer = Case("customer-id", "sse-c", plaintext=plaintext)
    edited("envelope-customer-key-id", "envelope", 144, b"\1", customer)
    one.write("envelope-shortened", "envelope", envelope=first[:-1])
    one.write("envelope-lengthened", "envelope", envelope=first + b"\0")
    one.write("envelope-empty", "envelope", envelope=first[:1])
    for name, attributes in {
        "critical": [(0x8001, b"x")],
        "repeated": CONTENT_TYPE + [(1, b"text/html")],
        "not-utf8": [(1, b"\xff")],
        "table-id-short": [(10, bytes(15))],
        "metadata-nameless": [(7, so.lp(b"") + so.lp(b"x"))],
        "tag-nameless": [(13, so.lp(b"") + so.lp(b"x"))],
        "tag-repeated": [(13, so.lp(b"a") + so.lp(b"1")), (13, so.lp(b"a") + so.lp(b"2"))],
        "checksum-length": [(8, b"\1\0abc")],
        "checksum-algorithm": [(8, b"\x63\0abcd")],
        "checksum-scope": [(8, b"\1\2abcd")],
        "checksum-repeated": [(8, b"\1\0abcd"), (8, b"\1\1abcd")],
        "padding": [(0, b"x")],
    }.items():
        Case(f"attribute-{name}", plaintext=plaintext, attributes=attributes).write(
            expect="attributes"
        )


class Upload(Case):
    """An object in parts: (number, count) each, the plaintext counted through."""

    def __init__(self, name, parts, mode="s3", attempt="", **place):
        self.table_id = fixed(name + " table id", 16)
        count = sum(size for _, size in parts)
        attributes = CONTENT_TYPE + [(10, self.table_id)]
        super().__init__(name, mode, count=count, attributes=attributes, **place)
        self.table_salt = fixed(name + " table salt", 24)
        self.parts = [
            (number, size, fixed(f"{name} part {number} {attempt}", 24)) for number, size in parts
        ]

    def streams(self):
        return [so.Stream(self.object_id, n, size, salt) for n, size, salt in self.parts]

    def bodies(self):
        bodies, offset = [], 0
        for stream in self.streams():
            piece = self.plaintext[offset : offset + stream.count]
            bodies.append(stream.seal(self.oek, piece))
            offset += stream.count
        return bodies

    def body(self):
        return b"".join(self.bodies())

    def table(self):
        return so.Table(self.table_id, self.table_salt, self.parts).seal(self.oek, self.object_id)

    def records(self):
        lines, offset = [], 0
        for stream in self.streams():
            piece = self.plaintext[offset : offset + stream.count]
            tag = (9, hashlib.md5(piece).hexdigest().encode())
            record = so.seal_part_record(self.oek, stream, [tag, checksum(piece)])
            lines.append(f"{stream.part} {record.hex()}")
            offset += stream.count
        return lines

    def envelope(self):
        envelope = super().envelope()
        envelope.flags |= 1
        envelope.stream_salt = struct.pack(">I", len(self.parts)) + bytes(20)
        envelope.commitment = bytes(32)
        return envelope

    def write(self, name=None, expect="success", **more):
        more.setdefault("table", self.table().hex())
        more.setdefault("part", self.records())
        more.setdefault("table_salt", self.table_salt.hex())
        super().write(name, expect, **more)


def multipart():
    parts = [(2, 70_000), (5, 0), (9, 10), (10_000, 1)]
    for mode in ("s3", "kms", "kms-bucket-key", "sse-c"):
        Upload(f"parts-{mode}", parts if mode == "s3" else parts[1:], mode).write()
    Upload("parts-one", [(1, 9)]).write()
    foreign = Upload("parts-foreign", [(1, 9), (2, 9)])
    envelope = foreign.envelope()
    envelope.count, envelope.stream_salt = so.UNKNOWN, bytes(24)
    foreign.write(envelope=foreign.sealed_envelope(envelope))

    case = Upload("parts", [(1, 9), (2, 9), (3, 9)])
    bodies = case.bodies()
    case.write()
    older = Upload("parts", [(1, 9), (2, 9), (3, 9)], attempt="older")
    other = Upload("parts-other", [(1, 9), (2, 9), (3, 9)])

    def attack(name, expect, pieces, **more):
        case.write(name, expect, body=b"".join(pieces), **more)

    attack("parts-swapped", "header", [bodies[1], bodies[0], bodies[2]])
    attack("part-older", "header", [bodies[0], older.bodies()[1], bodies[2]], released=9)
    attack("part-dropped", "stored-size", bodies[:2])
    attack("part-dropped-streamed", "truncated", bodies[:2], released=18, check_size="no")
    attack("part-of-other-upload", "header", [bodies[0], other.bodies()[1], bodies[2]], released=9)
    attack("part-appended", "excess", bodies + bodies[2:], released=27, check_size="no")
    flipped = bytearray(bodies[1])
    flipped[95] ^= 1
    attack("part-commitment", "commitment", [bodies[0], bytes(flipped), bodies[2]], released=9)
    table = case.table()
    for offset in (3, 8, 27, 31, 39, 40, 64, len(table) - 1):
        edited = bytearray(table)
        edited[offset] ^= 1
        attack(f"table-flip-{offset}", "table", bodies, table=edited.hex())
    attack("table-shortened", "table", bodies, table=table[:-36].hex())
    attack("table-of-other-upload", "table", bodies, table=other.table().hex())
    forged = so.Table(case.table_id, fixed("forged", 24), case.parts[::-1])
    attack("table-descending", "table", bodies, table=forged.seal(case.oek, case.object_id).hex())
    fewer = so.Table(case.table_id, fixed("fewer", 24), case.parts[:2])
    attack("table-fewer-parts", "table", bodies, table=fewer.seal(case.oek, case.object_id).hex())
    records = case.records()
    for offset in (0, 4, 12, 13, 37, 60):
        edited = bytearray.fromhex(records[0].split(" ")[1])
        edited[offset] ^= 1
        attack(f"record-flip-{offset}", "part-record", bodies, part=["1 " + edited.hex()])
    moved = ["2 " + records[0].split(" ")[1]]
    attack("record-of-other-part", "part-record", bodies, part=moved)
    attack("record-of-other-upload", "part-record", bodies, part=other.records())
    attack("record-shortened", "part-record", bodies, part=[records[0][:-2]])


def colliding():
    """One ciphertext whose tag is right under two keys: the commitment refuses the second."""
    one, two = (Case(f"colliding-{n}", plaintext=bytes(48), object_id=fixed("colliding id", 16),
                     salt=fixed("colliding salt", 24)) for n in "12")  # fmt: skip
    stream = one.stream()
    keys = [stream.keys(case.oek) for case in (one, two)]
    sealed = collision.craft(*((key, stream.nonce(prefix, 0)) for key, _, prefix in keys), 3)
    body = stream.facts() + keys[0][1] + sealed
    for case, (key, _, prefix) in zip((one, two), keys):
        plaintext = so.AESGCM(key).decrypt(stream.nonce(prefix, 0), sealed, b"")
        case.plaintext = case.given = plaintext
    one.write("colliding-committed", body=body)
    two.write("colliding-own-commitment", "commitment", body=body)
    envelope = two.envelope()
    envelope.commitment = keys[0][1]
    sealed_envelope = two.sealed_envelope(envelope)
    two.write("colliding-other-key", "commitment", body=body, envelope=sealed_envelope)


def main():
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.iterdir():
        path.unlink()
    for write in (valid, tampered_stream, tampered_place, tampered_envelope, multipart, colliding):
        write()
    print(f"{len(list(FOLDER.iterdir()))} vectors")


if __name__ == "__main__":
    main()
