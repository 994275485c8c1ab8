// The functions of one algorithm are deprecated in OpenSSL 3.0 in favour of those by name, which
// take twice as long for what is derived here; libcrypto keeps them as long as it is version 3.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "CHashing.h"

#include <openssl/sha.h>
#include <string.h>

enum { block_bytes = SHA512_CBLOCK, digest_bytes = 48, words = 8, length_bytes = 16 };

// HMAC's two hashes (RFC 2104) behind their first block, which the key makes up: the states alone,
// for how far they are is known.
typedef struct {
    SHA_LONG64 inner[words];
    SHA_LONG64 outer[words];
} keyed_hmac;

_Static_assert(sizeof(keyed_hmac) <= SEALGATE_HKDF_KEYED_BYTES, "a keyed HMAC fits");

static void begin_hash(SHA_LONG64 *state, const uint8_t *key, size_t key_count, uint8_t mask) {
    SHA512_CTX hash;
    uint8_t block[block_bytes];
    memset(block, mask, sizeof block);
    for (size_t index = 0; index < key_count && index < sizeof block; index += 1) {
        block[index] ^= key[index];
    }
    SHA384_Init(&hash);
    SHA512_Transform(&hash, block);
    memcpy(state, hash.h, sizeof hash.h);
    explicit_bzero(hash.h, sizeof hash.h);
    explicit_bzero(block, sizeof block);
}

void sealgate_hkdf_sha384_begin(void *keyed, const uint8_t *key, size_t key_count) {
    keyed_hmac *hmac = keyed;
    begin_hash(hmac->inner, key, key_count, 0x36);
    begin_hash(hmac->outer, key, key_count, 0x5c);
}

// What follows the first block. Block by block through SHA512_Transform, for what is hashed here
// is so short that filling a context and finishing it costs as much as half a block.
typedef struct {
    SHA512_CTX hash;
    uint8_t block[block_bytes];
    size_t used;
    uint64_t count;
} rest;

static void begin_rest(rest *rest, const SHA_LONG64 *state) {
    memcpy(rest->hash.h, state, sizeof rest->hash.h);
    rest->used = 0;
    rest->count = block_bytes;
}

static void take(rest *rest, const uint8_t *bytes, size_t count) {
    rest->count += count;
    while (count > 0) {
        size_t room = block_bytes - rest->used, taken = count < room ? count : room;
        memcpy(rest->block + rest->used, bytes, taken);
        bytes += taken;
        count -= taken;
        rest->used += taken;
        if (rest->used < block_bytes) return;
        SHA512_Transform(&rest->hash, rest->block);
        rest->used = 0;
    }
}

static void store(uint8_t *bytes, uint64_t word) {
    word = __builtin_bswap64(word);
    memcpy(bytes, &word, sizeof word);
}

// The padding of FIPS 180-4 section 5.1.2: a bit, zeros, the count of bits in 128 bits.
static void finish(rest *rest, uint8_t *digest) {
    rest->block[rest->used] = 0x80;
    rest->used += 1;
    if (rest->used > block_bytes - length_bytes) {
        memset(rest->block + rest->used, 0, block_bytes - rest->used);
        SHA512_Transform(&rest->hash, rest->block);
        rest->used = 0;
    }
    memset(rest->block + rest->used, 0, block_bytes - 8 - rest->used);
    store(rest->block + block_bytes - 8, rest->count * 8);
    SHA512_Transform(&rest->hash, rest->block);
    for (int word = 0; word < digest_bytes / 8; word += 1) {
        store(digest + word * 8, rest->hash.h[word]);
    }
}

// T(1) T(2) ..., T(i) = HMAC(key, T(i-1) info i).
void sealgate_hkdf_sha384_expand(
    const void *keyed, const uint8_t *info, size_t info_count, uint8_t *output, size_t count
) {
    const keyed_hmac *hmac = keyed;
    rest rest;
    uint8_t digest[digest_bytes], number = 0;
    for (size_t offset = 0; offset < count; offset += digest_bytes) {
        number += 1;
        begin_rest(&rest, hmac->inner);
        if (offset > 0) take(&rest, digest, sizeof digest);
        take(&rest, info, info_count);
        take(&rest, &number, 1);
        finish(&rest, digest);
        begin_rest(&rest, hmac->outer);
        take(&rest, digest, sizeof digest);
        finish(&rest, digest);
        size_t left = count - offset;
        memcpy(output + offset, digest, left < digest_bytes ? left : digest_bytes);
    }
    explicit_bzero(rest.hash.h, sizeof rest.hash.h);
    explicit_bzero(rest.block, sizeof rest.block);
    explicit_bzero(digest, sizeof digest);
}

void sealgate_hkdf_sha384_once(
    const uint8_t *key, size_t key_count, const uint8_t *info, size_t info_count,
    uint8_t *output, size_t count
) {
    keyed_hmac keyed;
    sealgate_hkdf_sha384_begin(&keyed, key, key_count);
    sealgate_hkdf_sha384_expand(&keyed, info, info_count, output, count);
    explicit_bzero(&keyed, sizeof keyed);
}
