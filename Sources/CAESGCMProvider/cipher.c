#include "gcm_cipher.h"

#include <CCryptoBoringSSL.h>
#include <limits.h>

// A gcm_cipher is BoringSSL's EVP_CIPHER_CTX under another name.
static EVP_CIPHER_CTX *context_of(const gcm_cipher *cipher) {
    return (EVP_CIPHER_CTX *)cipher;
}

// BoringSSL keeps its own queue of errors a thread; nobody reads it.
static int checked(int result) {
    if (result != 1) CCryptoBoringSSL_ERR_clear_error();
    return result == 1;
}

gcm_cipher *gcm_new(size_t key_count) {
    EVP_CIPHER_CTX *context = CCryptoBoringSSL_EVP_CIPHER_CTX_new();
    const EVP_CIPHER *algorithm =
        key_count == 32 ? CCryptoBoringSSL_EVP_aes_256_gcm() : CCryptoBoringSSL_EVP_aes_128_gcm();
    if (context == NULL) return NULL;
    if (!checked(CCryptoBoringSSL_EVP_CipherInit_ex(context, algorithm, NULL, NULL, NULL, 1))) {
        CCryptoBoringSSL_EVP_CIPHER_CTX_free(context);
        return NULL;
    }
    return (gcm_cipher *)context;
}

gcm_cipher *gcm_copy(const gcm_cipher *cipher) {
    EVP_CIPHER_CTX *copy = CCryptoBoringSSL_EVP_CIPHER_CTX_new();
    if (copy == NULL) return NULL;
    if (!checked(CCryptoBoringSSL_EVP_CIPHER_CTX_copy(copy, context_of(cipher)))) {
        CCryptoBoringSSL_EVP_CIPHER_CTX_free(copy);
        return NULL;
    }
    return (gcm_cipher *)copy;
}

void gcm_free(gcm_cipher *cipher) {
    // Wiped by BoringSSL's own allocator, which wipes all that it frees.
    CCryptoBoringSSL_EVP_CIPHER_CTX_free(context_of(cipher));
}

int gcm_start(gcm_cipher *cipher, const uint8_t *key, const uint8_t *nonce, int seals) {
    return checked(CCryptoBoringSSL_EVP_CipherInit_ex(
        context_of(cipher), NULL, NULL, key, nonce, seals ? 1 : 0));
}

int gcm_update(gcm_cipher *cipher, uint8_t *output, const uint8_t *input, size_t count) {
    int written = 0;
    if (count > INT_MAX) return 0;
    return checked(CCryptoBoringSSL_EVP_CipherUpdate(
        context_of(cipher), output, &written, input, (int)count));
}

int gcm_finish(gcm_cipher *cipher) {
    uint8_t none[TAG_COUNT];
    int written = 0;
    return checked(CCryptoBoringSSL_EVP_CipherFinal_ex(context_of(cipher), none, &written));
}

int gcm_set_tag(gcm_cipher *cipher, const uint8_t *tag, size_t count) {
    if (count == 0 || count > TAG_COUNT) return 0;
    return checked(CCryptoBoringSSL_EVP_CIPHER_CTX_ctrl(
        context_of(cipher), EVP_CTRL_AEAD_SET_TAG, (int)count, (void *)tag));
}

int gcm_get_tag(gcm_cipher *cipher, uint8_t *tag, size_t count) {
    if (count == 0 || count > TAG_COUNT) return 0;
    return checked(CCryptoBoringSSL_EVP_CIPHER_CTX_ctrl(
        context_of(cipher), EVP_CTRL_AEAD_GET_TAG, (int)count, tag));
}

typedef int at_once(const EVP_AEAD_CTX *context, uint8_t *output, size_t *written, size_t room,
                    const uint8_t *nonce, size_t nonce_count, const uint8_t *input, size_t count,
                    const uint8_t *associated, size_t associated_count);

static int message(at_once *run, const uint8_t *key, const uint8_t *nonce,
                   const uint8_t *associated, size_t associated_count, const uint8_t *input,
                   size_t count, uint8_t *output, size_t output_count) {
    EVP_AEAD_CTX context;
    size_t written = 0;
    CCryptoBoringSSL_EVP_AEAD_CTX_zero(&context);
    int is_done = checked(CCryptoBoringSSL_EVP_AEAD_CTX_init(
        &context, CCryptoBoringSSL_EVP_aead_aes_256_gcm(), key, 32, TAG_COUNT, NULL));
    is_done = is_done && checked(run(&context, output, &written, output_count, nonce, NONCE_COUNT,
                                     input, count, associated, associated_count));
    CCryptoBoringSSL_EVP_AEAD_CTX_cleanup(&context);
    gcm_wipe(&context, sizeof context);
    return is_done && written == output_count;
}

int gcm_seal_message(const uint8_t *key, const uint8_t *nonce, const uint8_t *associated,
                     size_t associated_count, const uint8_t *input, size_t count,
                     uint8_t *output) {
    return message(CCryptoBoringSSL_EVP_AEAD_CTX_seal, key, nonce, associated, associated_count,
                   input, count, output, count + TAG_COUNT);
}

int gcm_open_message(const uint8_t *key, const uint8_t *nonce, const uint8_t *associated,
                     size_t associated_count, const uint8_t *input, size_t count,
                     uint8_t *output) {
    if (count < TAG_COUNT) return 0;
    return message(CCryptoBoringSSL_EVP_AEAD_CTX_open, key, nonce, associated, associated_count,
                   input, count, output, count - TAG_COUNT);
}

void gcm_wipe(void *bytes, size_t count) { CCryptoBoringSSL_OPENSSL_cleanse(bytes, count); }
