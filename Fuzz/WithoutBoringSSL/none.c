// In the place of BoringSSL, which parses nothing of ours and takes long to build: never faster,
// never loaded, and so never asked.
#include "CAESGCMProvider.h"

#include <stddef.h>

int sealgate_aes_gcm_is_faster(void) { return 0; }

int sealgate_aes_gcm_load(void) { return 0; }

int sealgate_aes_gcm_is_loaded(void) { return 0; }

gcm_cipher *gcm_new(size_t key_count) {
    (void)key_count;
    return NULL;
}

void gcm_free(gcm_cipher *cipher) { (void)cipher; }

int gcm_start(gcm_cipher *cipher, const uint8_t *key, const uint8_t *nonce, int seals) {
    (void)cipher, (void)key, (void)nonce, (void)seals;
    return 0;
}

int gcm_update(gcm_cipher *cipher, uint8_t *output, const uint8_t *input, size_t count) {
    (void)cipher, (void)output, (void)input, (void)count;
    return 0;
}

int gcm_finish(gcm_cipher *cipher) {
    (void)cipher;
    return 0;
}

int gcm_set_tag(gcm_cipher *cipher, const uint8_t *tag, size_t count) {
    (void)cipher, (void)tag, (void)count;
    return 0;
}

int gcm_get_tag(gcm_cipher *cipher, uint8_t *tag, size_t count) {
    (void)cipher, (void)tag, (void)count;
    return 0;
}

int gcm_seal_message(const uint8_t *key, const uint8_t *nonce, const uint8_t *associated,
                     size_t associated_count, const uint8_t *input, size_t count,
                     uint8_t *output) {
    (void)key, (void)nonce, (void)associated, (void)associated_count, (void)input, (void)count;
    (void)output;
    return 0;
}

int gcm_open_message(const uint8_t *key, const uint8_t *nonce, const uint8_t *associated,
                     size_t associated_count, const uint8_t *input, size_t count,
                     uint8_t *output) {
    (void)key, (void)nonce, (void)associated, (void)associated_count, (void)input, (void)count;
    (void)output;
    return 0;
}
