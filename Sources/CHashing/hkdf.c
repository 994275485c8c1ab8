// The functions of one algorithm are deprecated in OpenSSL 3.0 in favour of those by name, which
// take twice as long for what is derived here; libcrypto keeps them as long as it is version 3.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "CHashing.h"

#include <openssl/sha.h>
#include <string.h>

enum { block_bytes = 128, digest_bytes = 48 };

// HMAC's two hashes (RFC 2104) behind their first block, which the key makes up.
typedef struct {
    SHA512_CTX inner;
    SHA512_CTX outer;
} keyed_hmac;

_Static_assert(sizeof(keyed_hmac) <= SEALGATE_HKDF_KEYED_BYTES, "a keyed HMAC fits");

static void begin_hash(SHA512_CTX *hash, const uint8_t *key, size_t key_count, uint8_t mask) {
    uint8_t block[block_bytes];
    memset(block, mask, sizeof block);
    for (size_t index = 0; index < key_count && index < sizeof block; index += 1) {
        block[index] ^= key[index];
    }
    SHA384_Init(hash);
    SHA384_Update(hash, block, sizeof block);
    explicit_bzero(block, sizeof block);
}

void sealgate_hkdf_sha384_begin(void *keyed, const uint8_t *key, size_t key_count) {
    keyed_hmac *hmac = keyed;
    begin_hash(&hmac->inner, key, key_count, 0x36);
    begin_hash(&hmac->outer, key, key_count, 0x5c);
}

// T(1) T(2) ..., T(i) = HMAC(key, T(i-1) info i).
void sealgate_hkdf_sha384_expand(
    const void *keyed, const uint8_t *info, size_t info_count, uint8_t *output, size_t count
) {
    const keyed_hmac *hmac = keyed;
    SHA512_CTX hash;
    uint8_t digest[digest_bytes], number = 0;
    for (size_t offset = 0; offset < count; offset += digest_bytes) {
        number += 1;
        hash = hmac->inner;
        if (offset > 0) SHA384_Update(&hash, digest, sizeof digest);
        if (info_count > 0) SHA384_Update(&hash, info, info_count);
        SHA384_Update(&hash, &number, 1);
        SHA384_Final(digest, &hash);
        hash = hmac->outer;
        SHA384_Update(&hash, digest, sizeof digest);
        SHA384_Final(digest, &hash);
        size_t left = count - offset;
        memcpy(output + offset, digest, left < digest_bytes ? left : digest_bytes);
    }
    explicit_bzero(&hash, sizeof hash);
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
