// AES-GCM with nonces of 12 and tags of 16 bytes (NIST SP 800-38D) by BoringSSL, whose headers
// can't be read together with OpenSSL's: for the provider, and for sealing where that is loaded.
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

/// Seals one message under a key of 32 bytes: `count` bytes and the tag go to `output`, which may
/// be where the input is. Nothing is allocated. 1, or 0.
int gcm_seal_message(const uint8_t *key, const uint8_t *nonce, const uint8_t *associated,
                     size_t associated_count, const uint8_t *input, size_t count,
                     uint8_t *output);

/// Opens what that made: `count` bytes with the tag. 1, or 0 where it isn't authentic; nothing of
/// the plaintext is left in `output` then.
int gcm_open_message(const uint8_t *key, const uint8_t *nonce, const uint8_t *associated,
                     size_t associated_count, const uint8_t *input, size_t count,
                     uint8_t *output);

/// Overwrites memory in a way that compilers keep.
void gcm_wipe(void *bytes, size_t count);

#endif
