// HKDF-Expand with SHA-384 (RFC 5869 section 2.3) over libcrypto's SHA-384 itself, without the
// look-ups and allocations of its interfaces for algorithms by name.
#ifndef SEALGATE_KEY_DERIVATION_H
#define SEALGATE_KEY_DERIVATION_H

#include <stddef.h>
#include <stdint.h>

// The bytes of a key that was taken in, to be aligned to 8. They are as good as the key.
#define SEALGATE_HKDF_KEYED_BYTES 512

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
