// AES-GCM of BoringSSL as an OpenSSL provider, so that TLS and sealing both use its vector code.
#ifndef SEALGATE_AES_GCM_PROVIDER_H
#define SEALGATE_AES_GCM_PROVIDER_H

#include <stdint.h>

#include "gcm_cipher.h"

/// 1 where the processor has what makes BoringSSL's AES-GCM faster than OpenSSL 3.0's: VAES,
/// VPCLMULQDQ and AVX2 (AVX-512 is used where it is there, too); else 0.
int sealgate_aes_gcm_is_faster(void);

/// Loads the provider into OpenSSL's default library context and lets it answer for itself; 1, or
/// 0 where OpenSSL refused it or an answer was wrong, and it isn't loaded then.
///
/// Fetches that ask for `?sealgate.accelerated=yes` find its AES-128-GCM and AES-256-GCM then.
/// To be called before the first of them; further calls change nothing.
int sealgate_aes_gcm_load(void);

/// 1 where the provider is loaded and answers for itself, so that its cipher may be used without
/// OpenSSL's layer (gcm_cipher.h); else 0.
int sealgate_aes_gcm_is_loaded(void);

/// A known answer: the tag of the self-test's message.
typedef struct {
    const char *algorithm;
    uint8_t tag[16];
} sealgate_aes_gcm_answer;

/// 1 where the algorithm, fetched from OpenSSL with `properties`, gives the answer, opens what it
/// sealed and refuses what was changed; else 0.
int sealgate_aes_gcm_gives(const char *properties, const sealgate_aes_gcm_answer *answer);

#endif
