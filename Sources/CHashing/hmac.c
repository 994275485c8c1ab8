// As in hkdf.c.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "CHashing.h"

#include <openssl/sha.h>
#include <string.h>

void sealgate_sha256(const uint8_t *bytes, size_t count, uint8_t *digest) {
    SHA256_CTX hash;
    SHA256_Init(&hash);
    SHA256_Update(&hash, bytes, count);
    SHA256_Final(digest, &hash);
    explicit_bzero(&hash, sizeof hash);
}

void sealgate_sha384(const uint8_t *bytes, size_t count, uint8_t *digest) {
    SHA512_CTX hash;
    SHA384_Init(&hash);
    SHA384_Update(&hash, bytes, count);
    SHA384_Final(digest, &hash);
    explicit_bzero(&hash, sizeof hash);
}

enum { block_bytes = 64, digest_bytes = 32 };

// HMAC's two hashes (RFC 2104) behind their first block, which the key makes up.
typedef struct {
    SHA256_CTX inner;
    SHA256_CTX outer;
} keyed_hmac;

_Static_assert(sizeof(keyed_hmac) <= SEALGATE_HMAC_KEYED_BYTES, "a keyed HMAC fits");

static void begin_hash(SHA256_CTX *hash, const uint8_t *key, size_t key_count, uint8_t mask) {
    uint8_t block[block_bytes];
    memset(block, mask, sizeof block);
    for (size_t index = 0; index < key_count && index < sizeof block; index += 1) {
        block[index] ^= key[index];
    }
    SHA256_Init(hash);
    SHA256_Update(hash, block, sizeof block);
    explicit_bzero(block, sizeof block);
}

void sealgate_hmac_sha256_begin(void *keyed, const uint8_t *key, size_t key_count) {
    keyed_hmac *hmac = keyed;
    begin_hash(&hmac->inner, key, key_count, 0x36);
    begin_hash(&hmac->outer, key, key_count, 0x5c);
}

void sealgate_hmac_sha256(const void *keyed, const uint8_t *bytes, size_t count, uint8_t *code) {
    const keyed_hmac *hmac = keyed;
    SHA256_CTX hash = hmac->inner;
    uint8_t digest[digest_bytes];
    SHA256_Update(&hash, bytes, count);
    SHA256_Final(digest, &hash);
    hash = hmac->outer;
    SHA256_Update(&hash, digest, sizeof digest);
    SHA256_Final(code, &hash);
    explicit_bzero(&hash, sizeof hash);
    explicit_bzero(digest, sizeof digest);
}
