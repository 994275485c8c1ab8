"""Crafts one AES-256-GCM ciphertext whose tag is right under two keys.

A tag is a polynomial of the ciphertext's blocks, linear in each of them; with two keys there are
two such equations, and one block chosen freely makes both tags equal.
"""

import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

REDUCTION = 0xE1 << 120


def encrypt_block(key, block):
    return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(block)


def multiply(x, y):
    """The product in GCM's field: bit 0 is the most significant (NIST SP 800-38D, 6.3)."""
    product = 0
    for bit in range(127, -1, -1):
        if x >> bit & 1:
            product ^= y
        y = y >> 1 ^ (REDUCTION if y & 1 else 0)
    return product


def power(x, exponent):
    result = 1 << 127
    while exponent:
        if exponent & 1:
            result = multiply(result, x)
        x = multiply(x, x)
        exponent >>= 1
    return result


def craft(one, two, blocks):
    """Ciphertext of so many blocks, then tag, that opens under both (key, nonce) pairs."""
    length = int.from_bytes(struct.pack(">QQ", 0, 128 * blocks), "big")
    chosen = [int.from_bytes(bytes([n + 1] * 16), "big") for n in range(blocks - 1)]
    hashes, sums = [], []
    for key, nonce in (one, two):
        h = int.from_bytes(encrypt_block(key, bytes(16)), "big")
        mask = int.from_bytes(encrypt_block(key, nonce + b"\0\0\0\1"), "big")
        total = mask ^ multiply(length, h)
        # Block n of the ciphertext is multiplied by H^(blocks + 1 - n); the last one is open.
        for n, block in enumerate(chosen):
            total ^= multiply(block, power(h, blocks + 1 - n))
        hashes.append(power(h, 2))
        sums.append(total)
    inverse = power(hashes[0] ^ hashes[1], 2**128 - 2)
    last = multiply(sums[0] ^ sums[1], inverse)
    tag = sums[0] ^ multiply(last, hashes[0])
    return b"".join(n.to_bytes(16, "big") for n in [*chosen, last, tag])
