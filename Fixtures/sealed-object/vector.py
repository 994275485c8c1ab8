"""Vector files: `key: value` lines, an empty line, the stored body as raw bytes."""

import base64
import hashlib

import sealed_object as so

REPEATED = {"part", "splice", "flip"}
KNOWN = REPEATED | {
    "comment", "expect", "bucket", "key", "kms-key-id", "wrapping-key", "attribute-key",
    "wrap-salt", "object-key", "table-salt", "attributes", "plaintext", "plaintext-size",
    "plaintext-sha256", "envelope", "table", "range", "check-size", "released",
}  # fmt: skip


def counted(count):
    """The plaintext of vectors that give a size only."""
    block = bytes((7 * i + i // 256) % 256 for i in range(65_536))
    blocks = (bytes((b + 13 * n) % 256 for b in block) for n in range(-(-count // 65_536)))
    return b"".join(blocks)[:count]


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    so.need(b64(data) == text, "envelope")
    return data


def parse(raw):
    head, _, body = raw.partition(b"\n\n")
    fields = {name: [] for name in REPEATED}
    for line in head.decode().split("\n"):
        name, _, value = line.partition(": ")
        if name not in KNOWN:
            raise ValueError(f"unknown key {name!r}")
        if name in REPEATED:
            fields[name].append(value)
        elif name in fields:
            raise ValueError(f"key {name!r} twice")
        else:
            fields[name] = value
    return fields, body


def write(path, fields, body=b""):
    lines = []
    for name, value in fields.items():
        for one in value if isinstance(value, list) else [value]:
            lines.append(f"{name}: {one}")
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + body)


def load(path):
    """Fields and body, the body put together from other vectors' where `splice` says so."""
    fields, body = parse(path.read_bytes())
    if fields["splice"]:
        body = b""
        for line in fields["splice"]:
            source, start, end = line.split(" ")
            body += load(path.parent / source)[1][int(start) : int(end)]
    body = bytearray(body)
    for line in fields["flip"]:
        offset, mask = line.split(" ")
        body[int(offset)] ^= int(mask, 16)
    return fields, bytes(body)


def plaintext_of(fields):
    if "plaintext" in fields:
        return bytes.fromhex(fields["plaintext"])
    return counted(int(fields["plaintext-size"]))


def open_vector(fields, body):
    """The plaintext that a reader releases, or `Refused`."""
    envelope = so.parse_envelope(unb64(fields["envelope"]))
    place = fields["bucket"].encode(), fields["key"].encode()
    context = envelope.context(*place, fields.get("kms-key-id", "").encode())
    wrapping_key = bytes.fromhex(fields["wrapping-key"])
    attribute_key = bytes.fromhex(fields.get("attribute-key", fields["wrapping-key"]))
    attributes = envelope.open_attributes(attribute_key, context)
    oek = envelope.open_key(wrapping_key, context)
    check_size = fields.get("check-size", "yes") == "yes"
    if not envelope.multipart:
        stream = so.Stream(envelope.object_id, 0, envelope.count, envelope.stream_salt)
        so.need(not check_size or len(body) == so.stored_count(envelope.count), "stored-size")
        if "range" in fields:
            return open_range(stream, oek, envelope.commitment, body, fields["range"])
        return stream.open(oek, envelope.commitment, body)
    for line in fields["part"]:
        number, record = line.split(" ")
        so.open_part_record(bytes.fromhex(record), oek, envelope.object_id, int(number))
    table_id = dict(attributes).get(10)
    so.need(table_id is not None, "table")
    parts = so.open_table(bytes.fromhex(fields["table"]), oek, envelope.object_id, table_id)
    if envelope.count != so.UNKNOWN:
        so.need(len(parts) == envelope.part_count, "table")
        so.need(sum(part[1] for part in parts) == envelope.count, "table")
    so.need(not check_size or len(body) == sum(so.stored_count(p[1]) for p in parts), "stored-size")
    plaintext = b""
    for number, count, salt in parts:
        stream = so.Stream(envelope.object_id, number, count, salt)
        size = so.stored_count(count)
        try:
            plaintext += stream.open(oek, None, body[:size])
        except so.Refused as refusal:
            raise so.Refused(refusal.category, plaintext + refusal.released) from None
        body = body[size:]
    if body:
        raise so.Refused("excess", plaintext)
    return plaintext


def open_range(stream, oek, commitment, body, text):
    lower, upper = map(int, text.split(" "))
    first, last = lower // so.SEGMENT, (upper - 1) // so.SEGMENT
    start = so.HEADER + first * (so.SEGMENT + so.TAG)
    end = min(so.HEADER + (last + 1) * (so.SEGMENT + so.TAG), len(body))
    opened = stream.open(oek, commitment, body[start:end], first, last, with_header=False)
    return opened[lower - first * so.SEGMENT :][: upper - lower]


def check(path):
    """Opens one vector and seals it again; raises when anything isn't as the vector says."""
    fields, body = load(path)
    expected = plaintext_of(fields)
    assert hashlib.sha256(expected).hexdigest() == fields["plaintext-sha256"], "plaintext"
    try:
        found = open_vector(fields, body)
    except so.Refused as refusal:
        assert refusal.category == fields["expect"], f"refused for {refusal.category}"
        released = int(fields.get("released", "0"))
        assert refusal.released == expected[:released], "released other bytes"
        return
    assert fields["expect"] == "success", "opened"
    if "range" in fields:
        lower, upper = map(int, fields["range"].split(" "))
        assert found == expected[lower:upper], "range"
    else:
        assert found == expected, "plaintext"
        assert seal(fields, expected) == body, "body sealed again"


def seal(fields, plaintext):
    """The body, made from the vector's keys and salts; envelope and table are compared."""
    oek = bytes.fromhex(fields["object-key"])
    given = so.parse_envelope(unb64(fields["envelope"]))
    context = given.context(
        fields["bucket"].encode(), fields["key"].encode(), fields.get("kms-key-id", "").encode()
    )
    wrapping_key = bytes.fromhex(fields["wrapping-key"])
    attribute_key = bytes.fromhex(fields.get("attribute-key", fields["wrapping-key"]))
    attributes = so.parse_attributes(bytes.fromhex(fields["attributes"]))
    again = so.parse_envelope(unb64(fields["envelope"]))
    encoded = again.seal(oek, attributes, context, wrapping_key, attribute_key)
    assert b64(encoded) == fields["envelope"], "envelope sealed again"
    if not given.multipart:
        stream = so.Stream(given.object_id, 0, given.count, given.stream_salt)
        return stream.seal(oek, plaintext)
    parts, body, offset = [], b"", 0
    for line in fields["part"]:
        number, record = line.split(" ")
        raw = bytes.fromhex(record)
        count, salt, found = so.open_part_record(raw, oek, given.object_id, int(number))
        stream = so.Stream(given.object_id, int(number), count, salt)
        assert so.seal_part_record(oek, stream, found) == raw, "part record sealed again"
        body += stream.seal(oek, plaintext[offset : offset + count])
        offset += count
        parts.append((int(number), count, salt))
    table = so.Table(dict(attributes)[10], bytes.fromhex(fields["table-salt"]), parts)
    assert table.seal(oek, given.object_id).hex() == fields["table"], "table sealed again"
    return body
