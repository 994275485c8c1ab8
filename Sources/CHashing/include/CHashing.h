// Hashes of what is short, HMAC and HKDF over libcrypto's SHA-2 itself, without the look-ups and
// allocations of its interfaces for algorithms by name, which cost as much as such hashes do.
#ifndef SEALGATE_HASHING_H
#define SEALGATE_HASHING_H

#include <stddef.h>
#include <stdint.h>

// SHA-256 and SHA-384, FIPS 180-4: `digest` has 32 or 48 bytes.
void sealgate_sha256(const uint8_t *bytes, size_t count, uint8_t *digest);
void sealgate_sha384(const uint8_t *bytes, size_t count, uint8_t *digest);

// The bytes of a key that HMAC-SHA-256 took in, to be aligned to 8. They are as good as the key.
#define SEALGATE_HMAC_KEYED_BYTES 256

// Takes a key of at most 64 bytes in (RFC 2104); `keyed` has SEALGATE_HMAC_KEYED_BYTES bytes.
void sealgate_hmac_sha256_begin(void *keyed, const uint8_t *key, size_t key_count);

// Writes the 32 bytes of a message's code.
void sealgate_hmac_sha256(const void *keyed, const uint8_t *bytes, size_t count, uint8_t *code);

// The bytes of a key that HKDF with SHA-384 (RFC 5869 section 2.3) took in, to be aligned to 8.
// They are as good as the key.
#define SEALGATE_HKDF_KEYED_BYTES 128

// Takes a key of at most 128 bytes in; `keyed` has SEALGATE_HKDF_KEYED_BYTES bytes.
void sealgate_hkdf_sha384_begin(void *keyed, const uint8_t *key, size_t key_count);

// Writes `count` bytes, at most 12,240, for `info`. What came between is wiped.
void sealgate_hkdf_sha384_expand(
    const void *keyed, const uint8_t *info, size_t info_count, uint8_t *output, size_t count
);

// Both of them for one info; nothing of the key is left behind.
void sealgate_hkdf_sha384_once(
    const uint8_t *key, size_t key_count, const uint8_t *info, size_t info_count,
    uint8_t *output, size_t count
);

#endif
