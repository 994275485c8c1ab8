// Names OpenSSL for Swift: `static inline` functions for what Swift can't call (macros).
#ifndef SEALGATE_COPENSSL_SHIM_H
#define SEALGATE_COPENSSL_SHIM_H

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

// EVP_CIPHER_CTX_ctrl's commands are macros of integers Swift imports, its pointer isn't const.
static inline int sealgate_gcm_set_tag(EVP_CIPHER_CTX *context, const void *tag, int count) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, count, (void *)tag);
}

static inline int sealgate_gcm_get_tag(EVP_CIPHER_CTX *context, void *tag, int count) {
    return EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, count, tag);
}

// OPENSSL_secure_malloc and its free are macros that add __FILE__ and __LINE__.
static inline void *sealgate_secure_allocate(size_t count) { return OPENSSL_secure_zalloc(count); }

static inline void sealgate_secure_free(void *bytes, size_t count) {
    OPENSSL_secure_clear_free(bytes, count);
}

static inline int sealgate_secure_heap_start(size_t size, size_t smallest) {
    return CRYPTO_secure_malloc_init(size, smallest);
}

#endif
