#include "selftest.h"

#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

#include "CAESGCMProvider.h"
#include "gcm_cipher.h"

// Long enough for the widest vector code, with a rest that fills no block.
enum { MESSAGE_COUNT = 4099, FIRST_COUNT = 1003 };

static const char associated[] = "sealgate";

// The tags of the message below under keys 00 01 02 …, by the cryptography package of Python.
static const sealgate_aes_gcm_answer answers[] = {
    {"AES-128-GCM",
     {0x16, 0x3c, 0x6b, 0xe4, 0x6d, 0x65, 0xf5, 0x88, 0x50, 0x6f, 0x3d, 0x09, 0x59, 0x20, 0xeb,
      0xb1}},
    {"AES-256-GCM",
     {0x95, 0x3c, 0xca, 0xbc, 0xc1, 0x18, 0x04, 0x6b, 0x5c, 0x07, 0x5d, 0x44, 0x37, 0x81, 0x6e,
      0x26}},
};

static uint8_t byte_at(size_t index) { return (uint8_t)(index * 7 + 3); }

// In place and in two pieces, as records and segments are.
static int run(EVP_CIPHER_CTX *context, const EVP_CIPHER *algorithm, uint8_t *message,
               uint8_t *tag, int seals) {
    uint8_t key[32], nonce[NONCE_COUNT], none[TAG_COUNT];
    int count = 0;
    for (size_t index = 0; index < sizeof key; index += 1) key[index] = (uint8_t)index;
    for (size_t index = 0; index < sizeof nonce; index += 1) nonce[index] = (uint8_t)(0xa0 + index);
    return EVP_CipherInit_ex2(context, algorithm, key, nonce, seals, NULL) == 1 &&
           EVP_CipherUpdate(context, NULL, &count, (const uint8_t *)associated,
                            (int)strlen(associated)) == 1 &&
           EVP_CipherUpdate(context, message, &count, message, FIRST_COUNT) == 1 &&
           EVP_CipherUpdate(context, message + FIRST_COUNT, &count, message + FIRST_COUNT,
                            MESSAGE_COUNT - FIRST_COUNT) == 1 &&
           (seals || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, TAG_COUNT, tag) == 1) &&
           EVP_CipherFinal_ex(context, none, &count) == 1 &&
           (!seals || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, TAG_COUNT, tag) == 1);
}

static int check(EVP_CIPHER_CTX *context, const EVP_CIPHER *algorithm, const uint8_t *expected) {
    uint8_t message[MESSAGE_COUNT], sealed[MESSAGE_COUNT];
    uint8_t tag[TAG_COUNT];
    for (size_t index = 0; index < MESSAGE_COUNT; index += 1) message[index] = byte_at(index);
    if (!run(context, algorithm, message, tag, 1) || memcmp(tag, expected, TAG_COUNT) != 0)
        return 0;
    memcpy(sealed, message, MESSAGE_COUNT);
    if (!run(context, algorithm, message, tag, 0)) return 0;
    for (size_t index = 0; index < MESSAGE_COUNT; index += 1) {
        if (message[index] != byte_at(index)) return 0;
    }
    sealed[MESSAGE_COUNT / 2] ^= 1;
    return !run(context, algorithm, sealed, tag, 0);
}

int sealgate_aes_gcm_gives(const char *properties, const sealgate_aes_gcm_answer *answer) {
    EVP_CIPHER *algorithm = EVP_CIPHER_fetch(NULL, answer->algorithm, properties);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int is_right = algorithm != NULL && context != NULL &&
                   check(context, algorithm, answer->tag);
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(algorithm);
    return is_right;
}

int gcm_self_test(const char *properties) {
    for (size_t index = 0; index < sizeof answers / sizeof answers[0]; index += 1) {
        if (!sealgate_aes_gcm_gives(properties, &answers[index])) return 0;
    }
    return 1;
}
