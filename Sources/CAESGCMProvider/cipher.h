// AES-GCM with nonces of 12 and tags of 16 bytes (NIST SP 800-38D): what the provider needs of
// BoringSSL, whose headers can't be read together with OpenSSL's.
#ifndef SEALGATE_AES_GCM_CIPHER_H
#define SEALGATE_AES_GCM_CIPHER_H

#include <stddef.h>
#include <stdint.h>

enum { NONCE_COUNT = 12, TAG_COUNT = 16 };

/// One key in one direction for many messages; a message may come in pieces.
typedef struct gcm_cipher gcm_cipher;

/// A cipher for keys of 16 or 32 bytes; NULL without memory.
gcm_cipher *gcm_new(size_t key_count);

/// The same state again; NULL without memory.
gcm_cipher *gcm_copy(const gcm_cipher *cipher);

/// Wipes and frees it; NULL is fine.
void gcm_free(gcm_cipher *cipher);

/// Takes a key, a nonce, or both; NULL keeps what is there. 1, or 0.
int gcm_start(gcm_cipher *cipher, const uint8_t *key, const uint8_t *nonce, int seals);

/// Takes associated data in where `output` is NULL, else encrypts or decrypts, in place if need
/// be. 1, or 0: no key, no nonce (one nonce is good for one message), or too long.
int gcm_update(gcm_cipher *cipher, uint8_t *output, const uint8_t *input, size_t count);

/// Ends the message: 1, or 0 where an opened one isn't authentic.
int gcm_finish(gcm_cipher *cipher);

/// Sets the tag that a message being opened has to have. 1, or 0.
int gcm_set_tag(gcm_cipher *cipher, const uint8_t *tag, size_t count);

/// Gives the tag of a message that was sealed. 1, or 0.
int gcm_get_tag(gcm_cipher *cipher, uint8_t *tag, size_t count);

/// Overwrites memory in a way that compilers keep.
void gcm_wipe(void *bytes, size_t count);

#endif
