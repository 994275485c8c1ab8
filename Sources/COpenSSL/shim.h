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
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

// What to ask of OpenSSL's ciphers: the accelerated one where it is loaded, else its own.
static inline const char *sealgate_cipher_properties(void) { return "?sealgate.accelerated=yes"; }

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

// Of libssl these are macros over SSL_CTX_ctrl and SSL_ctrl.
static inline int sealgate_context_set_versions(SSL_CTX *context, int least, int most) {
    return SSL_CTX_set_min_proto_version(context, least) == 1 &&
           SSL_CTX_set_max_proto_version(context, most) == 1;
}

static inline void sealgate_context_release_idle_buffers(SSL_CTX *context) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
}

static inline void sealgate_context_keep_no_sessions(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static inline int sealgate_context_set_groups(SSL_CTX *context, const char *groups) {
    return SSL_CTX_set1_groups_list(context, groups) == 1;
}

static inline int sealgate_set_server_name(SSL *ssl, const char *name) {
    return SSL_set_tlsext_host_name(ssl, name) == 1;
}

// The options are macros of 64-bit shifts, which aren't imported.
static inline uint64_t sealgate_context_options(void) {
    return SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
           SSL_OP_PRIORITIZE_CHACHA;
}

// HKDF-Expand-Label with an empty context, RFC 8446 section 7.1; 1, or 0 where OpenSSL fails. Its
// parameters are built in C arrays.
static inline int sealgate_tls13_expand(const char *digest, const void *secret, size_t secret_count,
                                        const char *label, void *output, size_t output_count) {
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret, secret_count),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PREFIX, (void *)"tls13 ", 6),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_LABEL, (void *)label, strlen(label)),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *function = EVP_KDF_fetch(NULL, "TLS13-KDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(function);
    int result = context != NULL &&
                 EVP_KDF_derive(context, (unsigned char *)output, output_count, parameters) == 1;
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(function);
    return result;
}

static inline unsigned long sealgate_name_rfc2253(void) { return XN_FLAG_RFC2253; }

// BIO_set_retry_read and BIO_clear_retry_flags are macros.
static inline void sealgate_bio_wants_read(BIO *bio) { BIO_set_retry_read(bio); }

static inline void sealgate_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

// BIO_get_mem_data is a macro over BIO_ctrl.
static inline long sealgate_bio_memory(BIO *bio, char **bytes) {
    return BIO_get_mem_data(bio, bytes);
}

#endif
