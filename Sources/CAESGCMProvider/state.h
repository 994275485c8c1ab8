// A cipher context as OpenSSL's EVP layer holds it.
#ifndef SEALGATE_AES_GCM_STATE_H
#define SEALGATE_AES_GCM_STATE_H

#include <openssl/core.h>

#include "gcm_cipher.h"

/// The length of the associated data of a TLS 1.2 record, RFC 5246 section 6.2.3.3.
enum { TLS_ASSOCIATED_COUNT = 13 };

typedef struct {
    gcm_cipher *cipher;
    size_t key_count;
    int seals;
    // For TLS 1.2 only: the nonce of the next record, and the associated data of the one at hand.
    uint8_t nonce[NONCE_COUNT];
    int has_fixed_nonce;
    uint8_t associated[TLS_ASSOCIATED_COUNT];
    int has_associated;
} gcm_state;

/// Takes the part of the nonce that a TLS 1.2 connection has agreed on, 4 bytes. 1, or 0.
int tls12_set_fixed_nonce(gcm_state *state, const uint8_t *bytes, size_t count);

/// Takes the associated data of the next record, whose length it corrects to the plaintext's.
/// Gives how much longer the record is than the data, or 0 where it is malformed.
size_t tls12_set_associated(gcm_state *state, const uint8_t *bytes, size_t count);

/// Seals or opens one TLS 1.2 record in place: explicit nonce, data, tag. 1, or 0.
int tls12_record(gcm_state *state, uint8_t *record, size_t count, size_t *written);

#endif
