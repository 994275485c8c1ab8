// The provider: OpenSSL asks it for AES-GCM by the functions of provider-cipher(7).
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "CAESGCMProvider.h"
#include "selftest.h"
#include "state.h"

static void *new_state(size_t key_count) {
    gcm_state *state = calloc(1, sizeof *state);
    if (state == NULL) return NULL;
    state->key_count = key_count;
    state->cipher = gcm_new(key_count);
    if (state->cipher != NULL) return state;
    free(state);
    return NULL;
}

static void *new_128(void *provider) {
    (void)provider;
    return new_state(16);
}

static void *new_256(void *provider) {
    (void)provider;
    return new_state(32);
}

static void free_state(void *context) {
    gcm_state *state = context;
    if (state == NULL) return;
    gcm_free(state->cipher);
    gcm_wipe(state, sizeof *state);
    free(state);
}

static void *copy_state(void *context) {
    const gcm_state *state = context;
    gcm_state *copy = malloc(sizeof *copy);
    if (copy == NULL) return NULL;
    *copy = *state;
    copy->cipher = gcm_copy(state->cipher);
    if (copy->cipher != NULL) return copy;
    free(copy);
    return NULL;
}

static int set_parameters(void *context, const OSSL_PARAM parameters[]);

static int start(gcm_state *state, const uint8_t *key, size_t key_count, const uint8_t *nonce,
                 size_t nonce_count, const OSSL_PARAM parameters[], int seals) {
    if (key != NULL && key_count != state->key_count) return 0;
    if (nonce != NULL && nonce_count != NONCE_COUNT) return 0;
    state->seals = seals;
    state->has_associated = 0;
    if (key != NULL) state->has_fixed_nonce = 0;
    return gcm_start(state->cipher, key, nonce, seals) && set_parameters(state, parameters);
}

static int start_sealing(void *context, const unsigned char *key, size_t key_count,
                         const unsigned char *nonce, size_t nonce_count,
                         const OSSL_PARAM parameters[]) {
    return start(context, key, key_count, nonce, nonce_count, parameters, 1);
}

static int start_opening(void *context, const unsigned char *key, size_t key_count,
                         const unsigned char *nonce, size_t nonce_count,
                         const OSSL_PARAM parameters[]) {
    return start(context, key, key_count, nonce, nonce_count, parameters, 0);
}

static int update(void *context, unsigned char *output, size_t *written, size_t room,
                  const unsigned char *input, size_t count) {
    gcm_state *state = context;
    *written = 0;
    if (output != NULL && room < count) return 0;
    if (state->has_associated) {
        return output == input && tls12_record(state, output, count, written);
    }
    if (count == 0) return 1;
    if (!gcm_update(state->cipher, output, input, count)) return 0;
    *written = count;
    return 1;
}

static int finish(void *context, unsigned char *output, size_t *written, size_t room) {
    const gcm_state *state = context;
    (void)output;
    (void)room;
    *written = 0;
    return gcm_finish(state->cipher);
}

// EVP_Cipher: all at once, and the end where there is no input.
static int at_once(void *context, unsigned char *output, size_t *written, size_t room,
                   const unsigned char *input, size_t count) {
    if (input == NULL) return finish(context, output, written, room);
    return update(context, output, written, room, input, count);
}

static int set_sizes(OSSL_PARAM parameters[], size_t key_count) {
    OSSL_PARAM *each = OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_KEYLEN);
    if (each != NULL && !OSSL_PARAM_set_size_t(each, key_count)) return 0;
    each = OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_IVLEN);
    return each == NULL || OSSL_PARAM_set_size_t(each, NONCE_COUNT);
}

static int get_algorithm(OSSL_PARAM parameters[], size_t key_count) {
    OSSL_PARAM *each = OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_MODE);
    if (each != NULL && !OSSL_PARAM_set_uint(each, EVP_CIPH_GCM_MODE)) return 0;
    each = OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_BLOCK_SIZE);
    if (each != NULL && !OSSL_PARAM_set_size_t(each, 1)) return 0;
    each = OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_AEAD);
    if (each != NULL && !OSSL_PARAM_set_int(each, 1)) return 0;
    each = OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_CUSTOM_IV);
    if (each != NULL && !OSSL_PARAM_set_int(each, 1)) return 0;
    return set_sizes(parameters, key_count);
}

static int get_128(OSSL_PARAM parameters[]) { return get_algorithm(parameters, 16); }

static int get_256(OSSL_PARAM parameters[]) { return get_algorithm(parameters, 32); }

static int get_parameters(void *context, OSSL_PARAM parameters[]) {
    gcm_state *state = context;
    OSSL_PARAM *each = OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_AEAD_TAGLEN);
    if (each != NULL && !OSSL_PARAM_set_size_t(each, TAG_COUNT)) return 0;
    each = OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_AEAD_TLS1_AAD_PAD);
    if (each != NULL && !OSSL_PARAM_set_size_t(each, TAG_COUNT)) return 0;
    each = OSSL_PARAM_locate(parameters, OSSL_CIPHER_PARAM_AEAD_TAG);
    if (each != NULL) {
        uint8_t tag[TAG_COUNT];
        if (!state->seals || each->data_size == 0 || each->data_size > TAG_COUNT ||
            !gcm_get_tag(state->cipher, tag, each->data_size) ||
            !OSSL_PARAM_set_octet_string(each, tag, each->data_size))
            return 0;
    }
    return set_sizes(parameters, state->key_count);
}

static int set_tag(gcm_state *state, const OSSL_PARAM *tag) {
    if (tag->data_type != OSSL_PARAM_OCTET_STRING) return 0;
    // Without bytes it is the length alone, and one that nobody can change here.
    if (tag->data == NULL) return tag->data_size == TAG_COUNT;
    return !state->seals && gcm_set_tag(state->cipher, tag->data, tag->data_size);
}

static int has_size(const OSSL_PARAM *parameter, size_t wanted) {
    size_t size = 0;
    return parameter == NULL || (OSSL_PARAM_get_size_t(parameter, &size) && size == wanted);
}

static int set_parameters(void *context, const OSSL_PARAM parameters[]) {
    gcm_state *state = context;
    if (parameters == NULL) return 1;
    if (!has_size(OSSL_PARAM_locate_const(parameters, OSSL_CIPHER_PARAM_KEYLEN),
                  state->key_count) ||
        !has_size(OSSL_PARAM_locate_const(parameters, OSSL_CIPHER_PARAM_AEAD_IVLEN), NONCE_COUNT))
        return 0;
    const OSSL_PARAM *each = OSSL_PARAM_locate_const(parameters, OSSL_CIPHER_PARAM_AEAD_TAG);
    if (each != NULL && !set_tag(state, each)) return 0;
    each = OSSL_PARAM_locate_const(parameters, OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED);
    if (each != NULL && !tls12_set_fixed_nonce(state, each->data, each->data_size)) return 0;
    each = OSSL_PARAM_locate_const(parameters, OSSL_CIPHER_PARAM_AEAD_TLS1_AAD);
    return each == NULL || tls12_set_associated(state, each->data, each->data_size) != 0;
}

static const OSSL_PARAM *gettable(void *context, void *provider) {
    static const OSSL_PARAM table[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_IVLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_TAGLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_TLS1_AAD_PAD, NULL),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0), OSSL_PARAM_END,
    };
    (void)context;
    (void)provider;
    return table;
}

static const OSSL_PARAM *settable(void *context, void *provider) {
    static const OSSL_PARAM table[] = {
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_KEYLEN, NULL),
        OSSL_PARAM_size_t(OSSL_CIPHER_PARAM_AEAD_IVLEN, NULL),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_IV_FIXED, NULL, 0),
        OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_AAD, NULL, 0), OSSL_PARAM_END,
    };
    (void)context;
    (void)provider;
    return table;
}

typedef void (*function)(void);

#define CIPHER_FUNCTIONS(BITS)                                          \
    {                                                                   \
        {OSSL_FUNC_CIPHER_NEWCTX, (function)new_##BITS},                \
        {OSSL_FUNC_CIPHER_FREECTX, (function)free_state},               \
        {OSSL_FUNC_CIPHER_DUPCTX, (function)copy_state},                \
        {OSSL_FUNC_CIPHER_ENCRYPT_INIT, (function)start_sealing},       \
        {OSSL_FUNC_CIPHER_DECRYPT_INIT, (function)start_opening},       \
        {OSSL_FUNC_CIPHER_UPDATE, (function)update},                    \
        {OSSL_FUNC_CIPHER_FINAL, (function)finish},                     \
        {OSSL_FUNC_CIPHER_CIPHER, (function)at_once},                   \
        {OSSL_FUNC_CIPHER_GET_PARAMS, (function)get_##BITS},            \
        {OSSL_FUNC_CIPHER_GET_CTX_PARAMS, (function)get_parameters},    \
        {OSSL_FUNC_CIPHER_SET_CTX_PARAMS, (function)set_parameters},    \
        {OSSL_FUNC_CIPHER_GETTABLE_CTX_PARAMS, (function)gettable},     \
        {OSSL_FUNC_CIPHER_SETTABLE_CTX_PARAMS, (function)settable},     \
        {0, NULL},                                                      \
    }

static const OSSL_DISPATCH functions_128[] = CIPHER_FUNCTIONS(128);
static const OSSL_DISPATCH functions_256[] = CIPHER_FUNCTIONS(256);

#define PROVIDER_NAME "sealgate-aes-gcm"
#define PROPERTIES "provider=" PROVIDER_NAME ",sealgate.accelerated=yes"

// The names that OpenSSL's own provider gives them, each with its OID.
static const OSSL_ALGORITHM algorithms[] = {
    {"AES-128-GCM:id-aes128-GCM:2.16.840.1.101.3.4.1.6", PROPERTIES, functions_128, NULL},
    {"AES-256-GCM:id-aes256-GCM:2.16.840.1.101.3.4.1.46", PROPERTIES, functions_256, NULL},
    {NULL, NULL, NULL, NULL},
};

static const OSSL_ALGORITHM *query(void *provider, int operation, int *may_not_cache) {
    (void)provider;
    *may_not_cache = 0;
    return operation == OSSL_OP_CIPHER ? algorithms : NULL;
}

static int begin(const OSSL_CORE_HANDLE *core, const OSSL_DISPATCH *offered,
                 const OSSL_DISPATCH **functions, void **provider) {
    static const OSSL_DISPATCH table[] = {
        {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (function)query},
        {0, NULL},
    };
    (void)offered;
    *provider = (void *)core;
    *functions = table;
    return 1;
}

int sealgate_aes_gcm_is_faster(void) {
#if defined(__x86_64__)
    return __builtin_cpu_supports("vaes") && __builtin_cpu_supports("vpclmulqdq") &&
           __builtin_cpu_supports("avx2");
#else
    return 0;
#endif
}

static atomic_int is_loaded = 0;

int sealgate_aes_gcm_is_loaded(void) {
    return atomic_load_explicit(&is_loaded, memory_order_acquire);
}

static void load(void) {
    if (OSSL_PROVIDER_add_builtin(NULL, PROVIDER_NAME, begin) != 1) return;
    OSSL_PROVIDER *provider = OSSL_PROVIDER_try_load(NULL, PROVIDER_NAME, 1);
    if (provider == NULL) return;
    int is_right = gcm_self_test("provider=" PROVIDER_NAME);
    if (!is_right) OSSL_PROVIDER_unload(provider);
    is_loaded = is_right;
}

int sealgate_aes_gcm_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    return pthread_once(&once, load) == 0 && is_loaded;
}
